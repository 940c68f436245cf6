import { planHandover } from '../model/decisions/handover.ts';
import type { Rail } from '../model/decisions/rail.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'interlock';

/**
 * Part of rail 7, and nothing passes it: the VIP is moved only where the peer's own fresh word says that it will take it
 * (BACKUP, hearing adverts, its Redis writable), one handover at a time (docs/hazards.md#t10, #t11, #t12). An orphan VIP is
 * removed only where keepalived is dead and another node is MASTER (docs/hazards.md#t2).
 */
export const interlock: Rail = {
  name: NAME,
  number: 7,
  passable: false,
  applies: ({ action }) => action === 'failover' || action === 'remove_orphan_vip',
  judge({ action, target, ...wish }, { facts, openFailover }) {
    const { directors, members } = facts;
    if (action === 'remove_orphan_vip') {
      const { state } = directors[target] ?? {};
      if (state !== 'ORPHAN') return refuse(NAME, `${target} is ${String(state ?? 'not heard')}, not ORPHAN.`);
      const masters = Object.keys(directors).filter((name) => directors[name]?.state === 'MASTER');
      const sentence = `keepalived on ${target} is dead and holds the VIP; ${masters.join(', ') || 'nobody'} is MASTER.`;
      return masters.length === 1 ? pass(NAME, sentence) : refuse(NAME, sentence);
    }
    if (openFailover !== undefined) return refuse(NAME, `The failover ${openFailover} has not come to its end.`);
    const plan = planHandover({ target, ...wish }, directors, members);
    if (typeof plan === 'string') return refuse(NAME, plan);
    const { to, way, value } = plan;
    const preempts = directors[target]?.nopreempt === false;
    const back = preempts && wish.by === 'rule' ? ` ${target} preempts: it takes the VIP back when it is let go.` : '';
    return pass(NAME, `${to} is BACKUP, hears ${target} and takes writes: it takes the VIP (${way}).${back}`, {
      to,
      way,
      value,
    });
  },
};
