/** A value that never prints: toString and toJSON give `[secret]`; `reveal()` gives the text. */
export interface Secret {
  reveal(): string;
}
