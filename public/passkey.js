// Passkeys: hands a challenge of the server to the browser, and what the authenticator answers to an ordinary form.

const decode = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0)).buffer;

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

const known = (list) => list?.map((one) => ({ ...one, id: decode(one.id) }));

async function create(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: made.id,
    rawId: encode(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: encode(clientDataJSON),
      attestationObject: encode(attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

async function get(options) {
  const found = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return {
    id: found.id,
    rawId: encode(found.rawId),
    type: found.type,
    response: {
      clientDataJSON: encode(clientDataJSON),
      authenticatorData: encode(authenticatorData),
      signature: encode(signature),
      userHandle: userHandle && encode(userHandle),
    },
  };
}

const reason = (error) =>
  ({ NotAllowedError: 'cancelled', AbortError: 'cancelled', InvalidStateError: 'known' })[error.name] ?? 'failed';

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const say = (code) => {
    for (const line of form.querySelectorAll('[data-said]')) line.hidden = line.dataset.said !== code;
  };
  const button = form.querySelector('button');
  form.hidden = false;
  if (location.origin !== form.dataset.origin) {
    button.disabled = true;
    say('host');
    continue;
  }
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    say('unsupported');
    continue;
  }
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    button.disabled = true;
    try {
      const answer = await fetch(form.dataset.options, { method: 'POST' });
      if (answer.status === 403) {
        // The proof of identity is not fresh any more: the page asks for it.
        location.reload();
        return;
      }
      if (!answer.ok) {
        say(answer.status === 429 ? 'wait' : 'failed');
        return;
      }
      const { publicKey } = await answer.json();
      const made = await (form.dataset.passkey === 'create' ? create : get)(publicKey);
      form.elements.cle.value = JSON.stringify(made);
      const typed = document.getElementById('login');
      if (form.elements.login && typed) form.elements.login.value = typed.value;
      form.submit();
    } catch (error) {
      say(reason(error));
    } finally {
      button.disabled = false;
    }
  });
}
