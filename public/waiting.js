// Pages that wait for another browser: they ask how it stands, and go on by themselves.

const EVERY_MS = 2000;

async function ask(url) {
  const answer = await fetch(url, { headers: { 'X-Pli-Auto': '1' } });
  return answer.ok ? answer.json() : null;
}

const again = (act) => {
  const turn = async () => {
    // Nobody looks, or the network is away: later.
    const done = document.hidden ? false : await act().catch(() => false);
    if (!done) setTimeout(turn, EVERY_MS);
  };
  setTimeout(turn, EVERY_MS);
};

// The browser that gave the password.
const waiting = document.querySelector('form[data-waiting]');
if (waiting) {
  again(async () => {
    const answer = await ask(waiting.dataset.waiting);
    if (answer === null || answer.state === 'waiting') return false;
    if (answer.state === 'approved') waiting.requestSubmit();
    else location.replace(location.href);
    return true;
  });
}

// The browser that approves: shows the page again when the requests are others, unless digits are being typed.
const approving = document.querySelector('[data-requests]');
if (approving) {
  again(async () => {
    const answer = await ask(approving.dataset.from);
    if (answer === null || answer.requests.join(' ') === approving.dataset.requests) return false;
    if ([...document.querySelectorAll('input[name=nombre]')].some((input) => input.value !== '')) return false;
    location.replace('/compte/approbation');
    return true;
  });
}
