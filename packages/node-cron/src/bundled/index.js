// Bundlers take node-cron from here, by the condition `module` of #node-cron in the manifest; Node.js never does.
export { nodeCron } from './either.cjs';
