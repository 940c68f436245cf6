import { expect, it } from 'vitest';
import { ownerText, personOf, personOwner, ruleOf, ruleOwner } from '../../src/model/owner.ts';

it('a rule is an owner, and no person', () => {
  const owner = ruleOwner('member-unwritable');

  expect(owner).toBe('rule:member-unwritable');
  expect(ruleOf(owner)).toBe('member-unwritable');
  expect(personOf(owner)).toBeUndefined();
  expect(ownerText(owner)).toBe('rule member-unwritable');
});

it('a person is an owner, and no rule', () => {
  const owner = personOwner('ann@bastion');

  expect(owner).toBe('person:ann@bastion');
  expect(personOf(owner)).toBe('ann@bastion');
  expect(ruleOf(owner)).toBeUndefined();
  expect(ownerText(owner)).toBe('ann@bastion');
});

it('an owner of another form is shown as it is', () => {
  expect(ownerText('weir.yaml')).toBe('weir.yaml');
});
