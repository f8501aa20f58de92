/** `npm run token` prints an ID token: of who signs in at a deployed stage, or of the running `npm start`. */
import { randomBytes } from 'node:crypto';
import { commandLine, misused } from '../lib/command-line.ts';
import { explain, Refused } from '../lib/explain.ts';
import { signInByBrowser } from '../lib/sign-in/browser-sign-in.ts';
import { openBrowser } from '../lib/sign-in/open-browser.ts';
import { outputOf, stageOutputs } from '../lib/sign-in/stage-outputs.ts';

const usage = `npm run -s token -- --stage prod [--region eu-west-1] [--no-browser]
npm run -s token -- --sub u1 --tenant_id t1 --role admin [--organization_id 7] [--creator SP…] [--expires_in 60]

--stage       signs in at a deployed stage with the browser; the token alone goes to stdout
--region      another Region than that of the environment or the profile
--no-browser  prints the address, and opens no browser
--sub …       the claims of a token of the running \`npm start\`, which answers at the variable PORT (8000)
--expires_in  how long that one is valid, in seconds`;

const { values } = commandLine(usage, {
  allowNegative: true,
  options: {
    stage: { type: 'string' },
    region: { type: 'string' },
    browser: { type: 'boolean', default: true },
    sub: { type: 'string' },
    tenant_id: { type: 'string' },
    role: { type: 'string' },
    organization_id: { type: 'string' },
    creator: { type: 'string' },
    expires_in: { type: 'string' },
  },
});

const localUrl = `http://localhost:${process.env.PORT || 8_000}`;

/** Signs in at a deployed stage. All but the token goes to stderr, so that a shell can take the token. */
async function deployedToken(stage: string, region: string | undefined, browser: boolean): Promise<string> {
  const place = { stage, region };
  const outputs = await stageOutputs(place);
  const client = {
    clientId: outputOf(outputs, 'UserPoolClientId', place),
    page: outputOf(outputs, 'SignInPage', place),
    callback: outputOf(outputs, 'TokenCallback', place),
  };
  const { idToken, lifetimeSeconds } = await signInByBrowser(client, {
    random: randomBytes,
    show(url) {
      console.error(`Sign in with a browser of this machine:\n\n${url}\n`);
      if (browser) openBrowser(url);
    },
  });
  const expiry = new Date(Date.now() + lifetimeSeconds * 1_000).toISOString();
  console.error(`The token is valid until ${expiry}, ${Math.round(lifetimeSeconds / 60)} minutes from now`);
  return idToken;
}

async function localToken(claims: Record<string, unknown>): Promise<string> {
  const response = await fetch(`${localUrl}/_local/token`, {
    method: 'POST',
    body: JSON.stringify(claims),
  }).catch(() => undefined);
  if (!response)
    throw new Refused(
      `Nothing answers at ${localUrl}: run \`npm start\` first (and set PORT if it uses another), or name a deployed stage with --stage`,
    );
  const { token, message } = (await response.json()) as { token?: string; message?: string };
  if (!token) throw new Refused(message ?? `${localUrl} gave no token`);
  return token;
}

try {
  const { stage, region, browser, expires_in, ...claims } = values;
  const [claim] = Object.keys({ ...claims, ...(expires_in ? { expires_in } : {}) });
  if (stage && claim)
    misused(
      usage,
      `--${claim} is for a local run: at a deployed stage the token is of the user who signs in`,
    );
  console.log(
    stage
      ? await deployedToken(stage, region, browser)
      : await localToken({ ...claims, ...(expires_in ? { expires_in: Number(expires_in) } : {}) }),
  );
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
