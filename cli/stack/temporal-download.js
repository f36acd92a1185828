'use strict';
/**
 * Lets Temporal's SDK download the CLI: `node temporal-download.js FOLDER VERSION`. A process of its own because the SDK
 * offers no bound on the time; whoever starts it sets one.
 */
const { TestWorkflowEnvironment } = require('@temporalio/testing');

const [downloadDir, version] = process.argv.slice(2);

TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir, version } } })
  .then((environment) => environment.teardown())
  .then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
