// When it loads, node-cron's ES module needs import.meta.url, which esbuild leaves undefined in a CommonJS bundle, and its
// CommonJS build needs __filename, which does not exist in an ES module. So the bundle decides when it runs.
module.exports = typeof __filename === 'undefined' ? require('./es-module.js') : require('node-cron');
