import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeHtml, html } from '../../../src/tell/wording/html.ts';

it('what is interpolated is text, in content and in attributes', () => {
  expect(html`<p class="${'" onload="x'}">${'<b>&'}</p>`.toString()).toBe(
    '<p class="&quot; onload=&quot;x">&lt;b&gt;&amp;</p>',
  );
});

it('html in html stays html, lists are joined, nothing is nothing', () => {
  expect(html`<ul>${['a', '<'].map((one) => html`<li>${one}</li>`)}${undefined}${false}${0}</ul>`.toString()).toBe(
    '<ul><li>a</li><li>&lt;</li>0</ul>',
  );
});

it('an object that only looks like html is not trusted', () => {
  const fake = JSON.parse('["<b>"]') as string[];
  expect(html`${fake}`.toString()).toBe('&lt;b&gt;');
});

it('no text opens a tag or ends an attribute', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']/.test(escapeHtml(text))));
});
