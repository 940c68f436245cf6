/** The file that `weir capture` writes, from its text. Pure. */

import { z } from 'zod';
import type { Capture } from '../../model/readings/capture.ts';
import { checkJson } from './json.ts';
import { serverSchema } from './server.ts';

const lines = z.array(z.string()).transform((all) => all.join('\n'));

const captureSchema = z.object({
  kind: z.literal('capture'),
  version: z.literal(1, { error: 'expected 1: a newer Weir wrote this file' }),
  at: z.string().default(''),
  weirYaml: z.record(z.string(), z.unknown()),
  members: z.record(z.string(), serverSchema),
  node: z
    .object({
      name: z.string(),
      ipVs: lines.optional(),
      ipVsStats: lines.optional(),
      keepalived: z
        .object({
          alive: z.boolean(),
          hangs: z.boolean().optional(),
          dump: z.unknown().optional(),
          trouble: z.string().optional(),
        })
        .optional(),
      vipOn: z.array(z.string()).optional(),
    })
    .optional(),
  notHad: z.array(z.string()).default([]),
});

/** @throws WeirError 'usage' with the place of what is wrong. */
export function parseCapture(file: string, text: string): Capture {
  return checkJson(file, text, captureSchema) as Capture;
}
