import { type Logger, LogLevel } from '@slack/web-api';

/** Slack's clients would write to the console by themselves, payloads included; what they have to say comes back as an error. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
