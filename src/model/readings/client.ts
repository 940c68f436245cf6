/** A connection to a member, as its CLIENT LIST has it. */

export interface Client {
  readonly id: string;
  /** The address:port that the client comes from. */
  readonly addr: string;
  /** The address:port that it connected to: the VIP through the director, else the member's own. Redis 6.2 or later. */
  readonly laddr: string;
  readonly name: string;
  /** Its last command. */
  readonly command: string;
  readonly idleSeconds: number;
  readonly ageSeconds: number;
}
