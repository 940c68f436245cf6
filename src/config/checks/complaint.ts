import type { YamlPath } from '../../lib/yaml/file.ts';

/** A sentence about the value at `path` of weir.yaml. */
export interface Complaint {
  readonly path: YamlPath;
  readonly message: string;
}
