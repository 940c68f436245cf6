import { REDUCING_KINDS } from '../model/decisions/action.ts';
import type { Proposal, Rail, RailFacts } from '../model/decisions/rail.ts';
import type { RailVerdict } from '../model/decisions/verdict.ts';
import { givesNothingUp } from './idle.ts';
import { pass, refuse } from './verdict.ts';

const NAME = 'blast radius';

/** The empty set: a target that the pool does not have. Nothing takes anything from it, not even force. */
function judgeTarget({ target, action }: Proposal, { pool, facts, isTargetHeld }: RailFacts): RailVerdict {
  if (pool.members[target] !== undefined) return pass(NAME, `${target} is a member.`);
  const names = Object.keys(pool.members).join(', ');
  const missing = `Pool ${pool.name} has no member ${target}; it has ${names}.`;
  // Another worker's weir.yaml has it. Whoever wants the weight back is not to wait until the files agree.
  if (action === 'restore' && isTargetHeld) {
    return pass(NAME, `${missing} What the pool holds of it may be given back.`);
  }
  const { weir_yaml_differs: differs = '' } = facts.pool;
  const whose = differs === '' ? '' : ` That is by the weir.yaml of one worker, and they differ: ${differs}.`;
  return refuse(NAME, `${missing}${whose}`);
}

/** Rail 7a, never passed: there is something to act on. */
export const target: Rail = {
  name: NAME,
  number: 7,
  passable: false,
  applies: () => true,
  judge: judgeTarget,
};

/** Rail 7b, a rule's own limit: all or nothing, for a rule that fires for more than it was made for is wrong about them. */
export const ruleLimit: Rail = {
  name: NAME,
  number: 7,
  passable: false,
  applies: ({ limits }) => limits?.targets !== undefined,
  judge({ limits, rule }, { firingTargets }) {
    const maxTargets = limits?.targets ?? 0;
    const figures = { firing: firingTargets.length, limit: maxTargets };
    const which = `${rule} fires for ${firingTargets.join(', ')}`;
    return firingTargets.length > maxTargets
      ? refuse(NAME, `${which}; its limit is ${maxTargets}, so it acts on none of them.`, figures)
      : pass(NAME, `${which}; its limit is ${maxTargets}.`, figures);
  },
};

/**
 * Rail 7. What serves must stay enough: at least pool.min_serving members are listed, weighted and writable after the
 * action, every member that the pool should have is known, and only one member is acted on at a time, but
 * for those that give nothing up.
 */
export const blastRadius: Rail = {
  name: NAME,
  number: 7,
  passable: true,
  applies: (proposal) => REDUCING_KINDS.has(proposal.action),
  judge(proposal, railFacts) {
    const { pool, facts, otherTargets } = railFacts;
    const serving = Object.entries(facts.members)
      .filter(([, one]) => one.serving === true)
      .map(([name]) => name);
    const weightAfter = proposal.weight ?? 0;
    const after = serving.filter((name) => name !== proposal.target || weightAfter > 0);
    const figures = {
      servingNow: serving.length,
      servingAfter: after.length,
      minServing: pool.minServing,
      known: facts.pool.known_members ?? 0,
      members: Object.keys(pool.members).length,
    };
    if (after.length < pool.minServing) {
      const left = after.length === 0 ? 'nobody' : after.join(', ');
      const sentence = `Afterwards ${left} would serve; min_serving is ${pool.minServing}.`;
      return refuse(NAME, sentence, figures);
    }
    if (figures.known < figures.members) {
      return refuse(NAME, `Only ${figures.known} of ${figures.members} members are known.`, figures);
    }
    if (otherTargets.length > 0) {
      const held = otherTargets.join(', ');
      if (givesNothingUp(proposal, railFacts)) {
        const sentence = `${proposal.target} takes no writes, and without it and ${held} more than half of the pool serves.`;
        return pass(NAME, sentence, figures);
      }
      return refuse(NAME, `Weir already holds ${held}; one member at a time.`, figures);
    }
    return pass(NAME, `Afterwards ${after.join(', ')} would serve; min_serving is ${pool.minServing}.`, figures);
  },
};
