// A provider of sign-in for tests, on loopback: the real thing, which logs in whom a test says. On demand it bends the
// tokens that it gives out, signed with its own key all the same.
//
// Arguments: the folder of the package, the client's redirect URI, a port or 0. Says `ready PORT TIME`, and ends with its
// standard input.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [folder, redirect, port] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const jose = await import(pathToFileURL(require.resolve('jose')));

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
// Nobody reads on after the first line.
process.stdout.on('error', () => {});

const secret = 'a secret of the tests, long enough for anybody';
const key = async () => jose.generateKeyPair('RS256', { extractable: true });
const own = (await key()).privateKey;
const state = { account: 'nobody', amr: undefined, acr: undefined, bend: undefined };
let callback;

const server = createServer((request, response) => {
  if (request.url !== '/control') return callback(request, response);
  let body = '';
  request.on('data', (piece) => { body += piece; });
  request.on('end', () => {
    Object.assign(state, { amr: undefined, acr: undefined, bend: undefined }, JSON.parse(body));
    response.end();
  });
});
await new Promise((listening) => server.listen(Number(port), '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const kid = `key-${Math.random()}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: 'beacon', client_secret: secret, redirect_uris: [redirect] }],
  jwks: { keys: [{ ...(await jose.exportJWK(own)), kid, alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['tests'] },
  claims: { amr: null, acr: null, openid: ['sub', 'email', 'email_verified'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // An address that would mean everything to whoever trusted it.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: 'administrator@beacon.example', email_verified: true }),
  }),
  async loadExistingGrant(context) {
    const grant = new provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  },
});

async function bent(token) {
  const header = jose.decodeProtectedHeader(token);
  const claims = jose.decodeJwt(token);
  const sign = (changed, by = own, alg = 'RS256') =>
    new jose.SignJWT({ ...claims, ...changed }).setProtectedHeader({ ...header, alg }).sign(by);
  const now = Math.floor(Date.now() / 1000);
  if (state.amr || state.acr) return sign({ amr: state.amr, acr: state.acr });
  switch (state.bend) {
    case 'nonce': return sign({ nonce: 'another' });
    case 'no-nonce': return sign({ nonce: undefined });
    case 'audience': return sign({ aud: 'another' });
    case 'audiences': return sign({ aud: ['beacon', 'another'] });
    case 'party': return sign({ azp: 'another' });
    case 'issuer': return sign({ iss: 'https://login.example.org' });
    case 'expired': return sign({ iat: now - 7200, exp: now - 3600 });
    case 'subject': return sign({ sub: '' });
    case 'other-key': return sign({}, (await key()).privateKey);
    case 'shared-secret': return sign({}, new TextEncoder().encode(secret), 'HS256');
    case 'none': {
      const text = (value) => jose.base64url.encode(JSON.stringify(value));
      return `${text({ alg: 'none' })}.${text(claims)}.`;
    }
    default: return token;
  }
}

provider.use(async (context, next) => {
  if (context.path.startsWith('/interaction/')) {
    const { account: accountId, amr, acr } = state;
    await provider.interactionFinished(context.req, context.res, { login: { accountId, amr, acr } });
    context.respond = false;
    return;
  }
  await next();
  if (context.path === '/token' && context.body?.id_token) {
    if (state.bend === 'no-token') delete context.body.id_token;
    else context.body.id_token = await bent(context.body.id_token);
  }
});
callback = provider.callback();
console.log(`ready ${server.address().port} ${Date.now()}`);
