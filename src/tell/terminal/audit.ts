/** `weir audit`: what was decided and done, one line a record, oldest first. Pure. */

import { saidAt } from '../../lib/audit/chain.ts';
import { oneLine } from '../../lib/text/plain-text.ts';
import { formatIso } from '../../lib/times.ts';
import type { AuditBody, AuditRecord, VerifiedChain } from '../../model/decisions/audit.ts';
import { ownerText } from '../../model/owner.ts';
import { decisionWord, SIGN } from '../wording/levels.ts';
import { actionText, decisionSentence } from '../wording/summary.ts';

interface Line {
  readonly what: string;
  readonly about: string;
  readonly text: string;
}

/** Marks a time that is not broker time. */
const BY_MACHINE = "(time by this node's clock: it had not heard the broker)";

/** Pure; no newline at the end. */
export function formatAudit(records: readonly AuditRecord[]): string {
  if (records.length === 0) return 'Nothing is recorded.';
  const lines = records.map((record) => ({ record, ...lineOf(record.body) }));
  const widest = Math.max(...lines.map(({ about }) => about.length));
  return lines
    .map(({ record, what, about, text }) => {
      const where = `${record.pool} ${writerText(record.writer)}`.padEnd(18);
      const said = record.body.machineAt === undefined ? text : `${text} ${BY_MACHINE}`;
      return oneLine(
        `${formatIso(saidAt(record))}  ${where} ${what.padEnd(8)} ${about.padEnd(widest)}  ${said}`,
      ).trimEnd();
    })
    .join('\n');
}

/** "evaluation", "node a". */
function writerText(writer: string): string {
  return writer.replace(/~.*$/, '').replace(':', ' ');
}

function lineOf(body: AuditBody): Line {
  switch (body.kind) {
    case 'decision': {
      const { decision } = body;
      const text = `${actionText(decision)} for ${ownerText(decision.by)}: ${decisionSentence(decision)}`;
      return { what: decisionWord(decision), about: decision.id, text };
    }
    case 'closed':
      return { what: body.state, about: body.decision, text: body.closing };
    case 'people':
      return { what: 'people', about: body.by, text: body.what };
    case 'begin': {
      const weight = body.weight === undefined ? '' : ` to weight ${body.weight}`;
      return {
        what: 'begin',
        about: body.decision,
        text: `${body.action} ${body.member}${weight}, by ${ownerText(body.by)}`,
      };
    }
    case 'anew':
      return { what: 'anew', about: '', text: body.reason };
    default:
      return { what: body.kind, about: body.decision, text: `${body.result}: ${body.detail}` };
  }
}

/** One line for each chain, and one for each fault of it. Pure; no newline at the end. */
export function formatVerified(chains: readonly VerifiedChain[]): string {
  if (chains.length === 0) return 'Nothing is recorded.';
  return chains
    .flatMap(({ pool, writer, first, last, faults }) => {
      const sign = faults.length === 0 ? SIGN.good : SIGN.bad;
      if (last === 0)
        return [
          `${SIGN.bad} ${pool}, ${writerText(writer)}: nothing of it is left`,
          ...faults.map((fault) => `    ${oneLine(fault)}`),
        ];
      const begins = first === 1 ? '' : ` (the ones before ${first} are no longer kept)`;
      const word = faults.length === 0 ? 'unbroken' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
      const head = `${sign} ${pool}, ${writerText(writer)}: records ${first} to ${last}, ${word}${begins}`;
      return [head, ...faults.map((fault) => `    ${oneLine(fault)}`)];
    })
    .join('\n');
}
