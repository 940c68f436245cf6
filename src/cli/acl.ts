import { poolOf } from '../operations/lookup.ts';
import { aclText, FEATURES_HELP } from '../provision/render/acl-text.ts';
import { type CommandFile, type CommonOptions, configOf, withConfig } from './command.ts';
import { print, printError } from './print.ts';

interface Options extends CommonOptions {
  readonly features?: string;
}

export const acl: CommandFile = (program) => {
  withConfig(program.command('acl <pool>'))
    .description("print the ACL SETUSER line of Weir's user on the members: what it needs, and nothing more")
    .option('--features <words>', 'only these of what is optional, such as probe,moving; "" for none')
    .addHelpText('after', FEATURES_HELP)
    .action(async (name: string, options: Options) => {
      const pool = poolOf(await configOf(options), name);
      const { line, remarks } = aclText(pool, options.features);
      print(line);
      for (const remark of remarks) printError(`- ${remark}`);
    });
};
