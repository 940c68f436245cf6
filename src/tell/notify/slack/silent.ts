import { type Logger, LogLevel } from '@slack/web-api';

/** The clients of Slack would write to the console, payloads included. What they have to say comes back as an error. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};
