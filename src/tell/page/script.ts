/**
 * The script of the page. Every two seconds it asks for the part that changes, and changes only the nodes that differ,
 * so that scroll position, focus, open details and animations stay. It waits while text is selected: nobody should lose
 * what they are about to copy. When Weir does not answer it says so loudly: an old picture that looks live is worse
 * than none.
 */
export const SCRIPT = `
(() => {
  'use strict';
  const EVERY_MS = 2000, ANSWER_WITHIN_MS = 5000, LOST_AFTER_MS = 6000;
  const main = document.querySelector('main');
  const lost = document.getElementById('lost');
  let answeredAt = Date.now(), answeredClock = clock(), trouble = '';

  function clock() { return new Date().toLocaleTimeString(undefined, { hour12: false }); }

  function selecting() {
    const selection = getSelection();
    return selection && !selection.isCollapsed && main.contains(selection.anchorNode);
  }

  function say(text) {
    const live = document.getElementById('live');
    if (live && live.textContent !== text) live.textContent = text;
  }

  function sayLost() {
    const isLost = Date.now() - answeredAt > LOST_AFTER_MS;
    const text = isLost ? '\\u25b2 No answer from Weir since ' + answeredClock + ': what stands here is old. ' + trouble : '';
    if (lost.textContent !== text) lost.textContent = text;
    lost.hidden = !isLost;
    main.classList.toggle('old', isLost);
  }

  function morph(old, next) {
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== next.data) old.data = next.data;
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) return;
    for (const { name, value } of [...next.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) {
      if (!next.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS')) old.removeAttribute(name);
    }
    if (old.id === 'live') return;
    let child = old.firstChild;
    for (const wanted of [...next.childNodes]) {
      const keyed = wanted.id ? [...old.children].find((one) => one.id === wanted.id) : undefined;
      if (keyed) {
        if (keyed === child) child = child.nextSibling; else old.insertBefore(keyed, child);
        morph(keyed, wanted);
      } else if (child && child.nodeName === wanted.nodeName && !child.id && !wanted.id) {
        morph(child, wanted);
        child = child.nextSibling;
      } else {
        old.insertBefore(document.importNode(wanted, true), child);
      }
    }
    while (child) { const after = child.nextSibling; child.remove(); child = after; }
  }

  async function refresh() {
    if (document.hidden) return;
    if (selecting()) { say('waits while text is selected'); answeredAt = Date.now(); return; }
    try {
      const response = await fetch('/?part=main', { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      const text = await response.text();
      if (!response.ok) {
        trouble = text.trim();
      } else {
        const next = new DOMParser().parseFromString(text, 'text/html').querySelector('main');
        if (!next || next.dataset.version !== main.dataset.version) { location.reload(); return; }
        if (selecting()) return;
        const wasOld = main.classList.contains('old');
        morph(main, next);
        if (wasOld) main.classList.add('old');
        document.title = next.dataset.title;
        answeredAt = Date.now();
        answeredClock = clock();
        trouble = '';
        say('live');
      }
    } catch {
      trouble = 'The server cannot be reached.';
    }
    sayLost();
  }

  async function loop() {
    await refresh();
    setTimeout(loop, EVERY_MS);
  }

  document.addEventListener('visibilitychange', () => { if (!document.hidden) refresh(); });
  say('live');
  setTimeout(loop, EVERY_MS);
})();
`;
