import { inspect } from 'node:util';
import { knowSecret } from '../model/configuration/known-secrets.ts';
import type { Secret } from '../model/configuration/secret.ts';

const SHOWN = '[secret]';

/** Wraps a text so that no log, dump or message can print it by accident; only `reveal()` gives it. What is printed is searched for it. */
export function secret(text: string): Secret {
  knowSecret(text);
  const shown = () => SHOWN;
  // Not enumerable: structured loggers and equality messages of tests walk own enumerable fields.
  return Object.defineProperties({} as Secret, {
    reveal: { value: () => text },
    toString: { value: shown },
    toJSON: { value: shown },
    [inspect.custom]: { value: shown },
  });
}
