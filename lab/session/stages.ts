/** How long each part of the start took. */

export interface Stage {
  readonly name: string;
  readonly ms: number;
}

export interface Stages {
  readonly list: readonly Stage[];
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createStages(onStage: (stage: Stage) => void = () => {}): Stages {
  const list: Stage[] = [];
  return {
    list,
    async run(name, work) {
      const startedAt = performance.now();
      const result = await work();
      const stage = { name, ms: Math.round(performance.now() - startedAt) };
      list.push(stage);
      onStage(stage);
      return result;
    },
  };
}
