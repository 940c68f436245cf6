import { expect, it } from 'vitest';
import type { DoctorFinding } from '../../../src/model/people/doctor.ts';
import { formatDoctor } from '../../../src/tell/terminal/doctor.ts';
import { widthOf } from '../../../src/tell/terminal/layout.ts';

const FINDING: DoctorFinding = {
  check: 'vip-not-on-lo',
  pool: 'logs',
  is: 'The VIP 192.168.81.229 is not on lo.',
  should: 'lo has 192.168.81.229/32 on every node, MASTER or not.',
  why: 'A node takes packets that the director hands it only when the VIP is its own: its share of the producers hangs.',
  mend: [`ip address replace 192.168.81.229/32 dev lo && ${'very-long '.repeat(8)}`, `# over ${'a reboot '.repeat(8)}`],
};

const PLAIN = { color: false, width: 80 };

it('a finding is told in four parts, wrapped; what mends it can be pasted', () => {
  const text = formatDoctor({ node: 'a', checks: 44, findings: [FINDING], remarks: [], notLookedAt: [] }, PLAIN);

  expect(text).toBe(`▲ vip-not-on-lo  pool logs
  is      The VIP 192.168.81.229 is not on lo.
  should  lo has 192.168.81.229/32 on every node, MASTER or not.
  why     A node takes packets that the director hands it only when the VIP is
          its own: its share of the producers hangs.
  mend    ${FINDING.mend[0]?.trim()}
          # over a reboot a reboot a reboot a reboot a reboot a reboot a
          # reboot a reboot

▲ node a: 1 finding of 44 checks.`);
});

it('nothing found says so, and what was not looked at stands before it', () => {
  const notLookedAt = [`Who answers to ARP: ${'no '.repeat(40)}`];

  const text = formatDoctor(
    { node: 'b', checks: 44, findings: [], remarks: ['It comes back at once.'], notLookedAt },
    PLAIN,
  );

  expect(text).toMatch(
    /^• good to know\n {2}It comes back at once\.\n\n\? not looked at\n {2}Who answers to ARP: no no/,
  );
  expect(text).toMatch(/✓ node b: 44 checks, nothing found\. 1 not looked at\.$/);
  expect(text.split('\n').every((line) => widthOf(line) <= 80)).toBe(true);
});

it('what came from outside cannot drive the terminal, and colours change no width', () => {
  const findings = [{ ...FINDING, is: 'a\u001b[2Jb\nc', mend: ['x\u001b[2J'] }];
  const report = { node: 'a', checks: 44, findings, remarks: [], notLookedAt: [] };

  const [plain, colored] = [false, true].map((color) => formatDoctor(report, { color, width: 80 }));

  expect(plain).not.toContain('\u001b');
  expect(plain).toContain('a [2Jb c');
  expect(colored?.split('\n').map(widthOf)).toEqual(plain?.split('\n').map(widthOf));
});
