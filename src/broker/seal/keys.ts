/** Ed25519 keys as people handle them: 32 bytes each, in base64url. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** What comes before the 32 bytes of a private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

const FORM = /^[A-Za-z0-9_-]{43}$/;

/** Whether it has the form of a key, private or public. */
export function isKeyText(text: string): boolean {
  return FORM.test(text);
}

/** @throws what node:crypto throws at a text that is no key. */
export function privateKeyOf(text: string): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(text, 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });
}

export function publicKeyOf(text: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
}

/** The public text that belongs to a private key. */
export function publicTextOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x ?? '';
}

/** A new pair, as `weir seal new` prints it. */
export function newKeyPair(): { readonly privateText: string; readonly publicText: string } {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return { privateText: d, publicText: x };
}
