/**
 * Who somebody is, whatever way they speak. A terminal's user is known as `ann@bastion`, a person in Slack by Slack's id,
 * which has no `@`: no name of a terminal can be taken for an id of Slack.
 */

/** Ids of Slack's users (`U…`, `W…`) and user groups (`S…`), as weir.yaml names them. */
const SLACK_ID = /^[USW][A-Z0-9]+$/;

/** Terminal users by the Slack id of the same person: `policy.people`. */
export type People = Readonly<Record<string, string>>;

/** The name of a terminal's user, from whatever machine; undefined for somebody in Slack. */
function unixName(by: string): string | undefined {
  const at = by.lastIndexOf('@');
  return at < 0 ? undefined : by.slice(0, at);
}

/** What two words of one person have in common: another machine, or Slack instead of a terminal, makes nobody another. */
function identityOf(by: string, people: People): string {
  const name = unixName(by) ?? (Object.hasOwn(people, by) ? people[by] : undefined);
  return name === undefined ? by : `unix:${name}`;
}

/** @param x, y as people are known where they spoke. */
export function isSamePerson(x: string, y: string, people: People): boolean {
  return identityOf(x, people) === identityOf(y, people);
}

/** Whether a name of weir.yaml means this person: `ann` from any machine, `ann@bastion`, a Slack id. */
export function isNamed(name: string, by: string): boolean {
  const isFromAnywhere = !name.includes('@') && !SLACK_ID.test(name);
  return name === by || (isFromAnywhere && name === unixName(by));
}
