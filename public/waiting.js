// Pages that wait for another browser: they ask how it stands, and go on by themselves.

const EVERY_MS = 2000;

async function ask(url) {
  const answer = await fetch(url, { headers: { 'X-Pli-Auto': '1' } });
  return answer.ok ? answer.json() : null;
}

// A form was posted: what it answers is not to be lost to a page that goes on by itself.
let leaving = false;
addEventListener('submit', () => {
  leaving = true;
});

const again = (changed, act) => {
  const turn = async () => {
    // Nobody looks, or the network is away: later.
    const done = document.hidden ? false : await changed().catch(() => false);
    if (leaving) return;
    if (done) act(done);
    else setTimeout(turn, EVERY_MS);
  };
  setTimeout(turn, EVERY_MS);
};

// The browser that gave the password.
const waiting = document.querySelector('form[data-waiting]');
if (waiting) {
  for (const words of document.querySelectorAll('[data-live]')) words.hidden = false;
  const changed = async () => {
    const answer = await ask(waiting.dataset.waiting);
    return answer !== null && answer.state !== 'waiting' && answer.state;
  };
  again(changed, (state) => {
    if (state === 'approved') waiting.requestSubmit();
    else location.replace(location.href);
  });
}

// The browser that approves: shows the page again when the requests are others, unless digits are being typed.
const approving = document.querySelector('[data-requests]');
if (approving) {
  const typing = () => [...document.querySelectorAll('input[name=nombre]')].some((input) => input.value !== '');
  const changed = async () => {
    const answer = await ask(approving.dataset.from);
    return answer !== null && answer.requests.join(' ') !== approving.dataset.requests && !typing();
  };
  again(changed, () => location.replace('/compte/approbation'));
}
