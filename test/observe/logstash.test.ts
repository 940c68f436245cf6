import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../lab/free-port.ts';
import { SIGNALS } from '../../src/model/readings/signals.ts';
import { createConsumerReader, parsePipelines } from '../../src/observe/logstash.ts';
import { answerWith, type LogstashServer, pipelines, startLogstash } from './logstash-server.ts';

function parsed(body: unknown) {
  return parsePipelines(JSON.stringify({ pipelines: body }));
}

describe('what logstash says of its pipelines', () => {
  it('is the sum of their events and the utilization of the busiest', () => {
    expect(
      parsed({ main: pipelines(120, 100, 12.5), audit: pipelines(30, 20, 99.9), idle: pipelines(0, 0, 0) }),
    ).toEqual({
      eventsIn: 150,
      eventsOut: 120,
      workerUtilization: 99.9,
    });
  });

  it('has no utilization before 8.5, nor until there is enough data', () => {
    expect(parsed({ main: pipelines(1, 2) })).toEqual({ eventsIn: 1, eventsOut: 2 });
    expect(parsed({ main: { ...Object(pipelines(1, 2)), flow: { worker_utilization: { current: 7 } } } })).toEqual({
      eventsIn: 1,
      eventsOut: 2,
    });
  });

  it('may be the text "Infinity", which is passed over', () => {
    expect(parsed({ main: pipelines(1, 1, 'Infinity') })).toEqual({ eventsIn: 1, eventsOut: 1 });
    expect(parsed({ main: pipelines(1, 1, 'Infinity'), audit: pipelines(1, 1, 40) })).toMatchObject({
      workerUtilization: 40,
    });
  });

  it('may be a number that is too large to be one, which counts as none', () => {
    expect(parsePipelines('{"pipelines":{"main":{"events":{"in":1e999,"out":1}}}}')).toEqual({
      eventsIn: 0,
      eventsOut: 1,
    });
  });

  it('counts a pipeline without events as none: it is loading or has ended', () => {
    expect(parsed({ main: pipelines(5, 4), broken: {}, none: null, odd: { events: { in: '7', out: -0 } } })).toEqual({
      eventsIn: 5,
      eventsOut: 4,
    });
  });

  it.each(['', '{', 'null', '[]', '7', '{}', '{"pipelines":null}', '{"pipelines":"x"}', '<html>'])(
    'is not %j',
    (text) => {
      expect(parsePipelines(text)).toBeUndefined();
    },
  );

  it('is read without an error, and never with a number that is none, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (body, utilization) => {
        const stats = parsed({ ...body, main: pipelines(1, 1, utilization) });

        expect(Object.values(stats ?? { none: Number.NaN }).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe('a consumer', () => {
  let logstash: LogstashServer;
  let nowMs = 0;
  beforeEach(async () => {
    logstash = await startLogstash();
    nowMs = 0;
  });
  afterEach(() => logstash.stop());

  const SILENT = { answering: false };

  function reader(options: { readonly url?: string; readonly timeoutMs?: number } = {}) {
    const { url = logstash.url, timeoutMs = 3_000 } = options;
    const consumer = createConsumerReader({ url, timeoutMs, windowMs: 15_000, monotonic: () => nowMs });
    return async () => {
      nowMs += 1_000;
      return consumer.read();
    };
  }

  it('that answers has rates from its second answer on', async () => {
    const read = reader();
    logstash.answer = answerWith({ main: pipelines(1_000, 900, 42) });
    expect(await read()).toEqual({ answering: true, worker_utilization: 42 });

    logstash.answer = answerWith({ main: pipelines(1_500, 1_000, 43) });

    const signals = await read();
    expect(signals).toEqual({ answering: true, events_in_rate: 500, events_out_rate: 100, worker_utilization: 43 });
    expect(Object.keys(signals).filter((name) => !(name in SIGNALS.consumer))).toEqual([]);
    expect(logstash.paths).toEqual(['/_node/stats/pipelines', '/_node/stats/pipelines']);
  });

  it('that started anew counts what came since (T29)', async () => {
    const read = reader();
    for (const count of [1_000, 1_100]) {
      logstash.answer = answerWith({ main: pipelines(count, count) });
      await read();
    }

    logstash.answer = answerWith({ main: pipelines(20, 0) });

    expect(await read()).toEqual({ answering: true, events_in_rate: 60, events_out_rate: 50 });
  });

  it.each([200, 404, 500, 503])('that says rubbish with status %i does not answer', async (status) => {
    logstash.answer = answerWith('<html>not ready</html>', status);

    expect(await reader()()).toEqual(SILENT);
  });

  it('that says 500 does not answer, whatever it says besides', async () => {
    logstash.answer = answerWith({ main: pipelines(1, 1) }, 500);

    expect(await reader()()).toEqual(SILENT);
  });

  it('that sends one elsewhere does not answer: nobody else speaks for it', async () => {
    const other = await startLogstash();
    logstash.answer = (_, response) => {
      response.writeHead(302, { Location: `${other.url}/_node/stats/pipelines` }).end();
    };

    expect(await reader()()).toEqual(SILENT);

    expect(other.paths).toEqual([]);
    await other.stop();
  });

  it.each([
    ['does not begin', () => {}],
    ['does not end', (_: unknown, response: { write(text: string): void }) => response.write('{"pipelines":')],
  ])('whose answer %s within the time-out does not answer', async (_, answer) => {
    logstash.answer = answer;
    const askedAt = performance.now();

    expect(await reader({ timeoutMs: 300 })()).toEqual(SILENT);

    expect(performance.now() - askedAt).toBeLessThan(30_000);
  });

  const large = JSON.stringify({ pipelines: { main: pipelines(1, 1), padding: { text: 'x'.repeat(1_000_000) } } });

  it('that says over 1 MB does not answer, also when it does not say so before', async () => {
    logstash.answer = (_, response) => response.writeHead(200, { 'Content-Length': large.length }).end(large);
    expect(await reader()()).toEqual(SILENT);

    logstash.answer = (_, response) => {
      response.writeHead(200);
      response.write(large.slice(0, 500_000));
      response.end(large.slice(500_000));
    };
    expect(await reader()()).toEqual(SILENT);
  });

  it('that breaks off does not answer', async () => {
    logstash.answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': 5_000 });
      response.write('{"pipelines":{}}', () => response.destroy());
    };

    expect(await reader()()).toEqual(SILENT);
  });

  it('that is not there does not answer', async () => {
    expect(await reader({ url: `http://127.0.0.1:${await freePort()}` })()).toEqual(SILENT);
  });

  it('answers again after it did not, with the rates of its window', async () => {
    const read = reader();
    logstash.answer = answerWith({ main: pipelines(100, 100) });
    await read();
    logstash.answer = answerWith('', 503);
    expect(await read()).toEqual(SILENT);

    logstash.answer = answerWith({ main: pipelines(300, 200) });

    expect(await read()).toEqual({ answering: true, events_in_rate: 100, events_out_rate: 50 });
  });
});
