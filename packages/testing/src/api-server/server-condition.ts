/** What is wrong with the API server itself, which every path to it shows. */
export interface ServerCondition {
  /** Whether it runs; if not, connections are refused. */
  isUp: boolean;
  /** Whether writes fail. */
  isReadOnly: boolean;
  /** How much later each answer comes. */
  slowMs: number;
}
