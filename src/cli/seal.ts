import { newKeyPair } from '../broker/seal/keys.ts';
import type { CommandFile } from './command.ts';

export const seal: CommandFile = (program) => {
  const group = program.command('seal').description('keys by which it is known who wrote what into the broker');
  group
    .command('new')
    .description('print a new pair of keys: the private one for one role, the public one for weir.yaml')
    .action(() => {
      const { privateText, publicText } = newKeyPair();
      process.stdout.write(`WEIR_SEAL_KEY=${privateText}\npublic: ${publicText}\n`);
      process.stderr.write(
        '- The first line is the secret of one role: into its environment, or the key alone into a file of mode 0600.\n' +
          '- The public key goes into seal.public.<role> of every weir.yaml. The order: docs/rotation.md.\n',
      );
    });
};
