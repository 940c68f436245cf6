/** Where keepalived writes its state when it is asked, unless weir.yaml says where (keepalived.dump_file). */

/** Where the unit has it that Weir renders. */
export const USUAL_DUMP_FILE = '/run/keepalived/keepalived.json';

/** Where a keepalived writes it that was started without that. */
export const BARE_DUMP_FILE = '/tmp/keepalived.json';
