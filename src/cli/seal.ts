import { newKeyPair } from '../broker/seal/keys.ts';
import type { CommandFile } from './command.ts';
import { print, printError } from './print.ts';

export const seal: CommandFile = (program) => {
  const group = program.command('seal').description('keys that prove who wrote what into the broker');
  group
    .command('new')
    .description('print a new pair of keys: the private one for one role, the public one for weir.yaml')
    .action(() => {
      const { privateText, publicText } = newKeyPair();
      print(`WEIR_SEAL_KEY=${privateText}\npublic: ${publicText}`);
      printError(
        '- The first line is the secret of one role: into its environment, or the key alone into a credential.',
      );
      printError('- The public key goes into seal.public.<role> of every weir.yaml. The order: docs/rotation.md.');
    });
};
