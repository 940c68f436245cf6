/** Where keepalived writes its state when it is asked, unless weir.yaml says where (keepalived.dump_file). */

/** The place that the unit which Weir renders gives it. */
export const USUAL_DUMP_FILE = '/run/keepalived/keepalived.json';

/** The place where a keepalived that was started without that unit writes it. */
export const BARE_DUMP_FILE = '/tmp/keepalived.json';
