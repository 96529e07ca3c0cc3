export { nodeCron } from 'node-cron';
