/**
 * `npm run preflight` names what stands in the way of a deployment, with what to do. It only reads. Exit code
 * 1 if something blocks.
 */
import { STSClient } from '@aws-sdk/client-sts';
import { commandLine, jsonOption } from '../lib/command-line.ts';
import { explain, Refused } from '../lib/explain.ts';
import { readAccount } from '../lib/preflight/account.ts';
import { type Finding, findingsOf } from '../lib/preflight/findings.ts';
import { readSettings } from '../lib/settings.ts';
import { cdkContext } from '../local/assembly.ts';
import { root } from '../local/project.ts';

const usage = `npm run preflight -- [--stage prod] [--region eu-west-1] [--settings '{…}']

--stage     the stage that is to be deployed; dev by default
--region    another Region than that of the environment or the profile
--settings  settings over those of cdk.json, as \`-c settings=…\` of a deployment`;

const { values } = commandLine(usage, {
  options: { stage: { type: 'string' }, region: { type: 'string' }, settings: { type: 'string' } },
});

/** Attempts of each call: with its pauses, a few seconds for an answer that is lost. */
const attemptsMax = 3;

const textOf = ({ kind, what, remedy }: Finding): string => `${kind}: ${what}\n  → ${remedy}`;

try {
  const { stage = 'dev', region = process.env.AWS_REGION } = values;
  const settings = readSettings(
    stage,
    cdkContext(root).stages,
    jsonOption(usage, 'settings', values.settings),
  );
  const config = { maxAttempts: attemptsMax, ...(region ? { region } : {}) };
  const where = await new STSClient(config).config.region().catch(() => {
    throw new Refused('There is no Region: name it by --region, AWS_REGION or the profile');
  });
  const facts = await readAccount(config);
  const findings = findingsOf(facts, settings);
  const account = 'known' in facts.account ? facts.account.known : 'unknown';
  console.log(`stage ${stage}, account ${account}, Region ${where}`);
  for (const finding of findings) console.log(textOf(finding));
  if (findings.length === 0) console.log(`nothing stands in the way: npm run deploy -- -c stage=${stage}`);
  if (findings.some(({ kind }) => kind === 'blocks')) process.exitCode = 1;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
