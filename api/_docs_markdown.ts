import { escapeHtml as escape } from "../internal/escape_html.ts";

/** Paragraphs, lists, code and links of Markdown as HTML; anything else is text. */
export function markdownHtml(text: string): string {
  const blocks = text.trim().split(/\n{2,}/).filter((block) => block !== "");
  return blocks.map((block) => {
    const lines = block.split("\n");
    if (lines.every((line) => /^\s*[-*] /.test(line))) {
      return `<ul>${lines.map((line) => `<li>${inline(line.replace(/^\s*[-*] /, ""))}</li>`).join("")}</ul>`;
    }
    return `<p>${inline(lines.join(" "))}</p>`;
  }).join("");
}

const INLINE = /`([^`]+)`|\[([^\]]+)\]\((https?:\/\/[^\s()<>"']+)\)/g;

function inline(text: string): string {
  let html = "";
  let end = 0;
  for (const { 0: whole, 1: code, 2: label, 3: url, index } of text.matchAll(INLINE)) {
    html += escape(text.slice(end, index));
    html += code === undefined
      ? `<a href="${escape(url!)}" rel="noreferrer noopener">${escape(label!)}</a>`
      : `<code>${escape(code)}</code>`;
    end = index + whole.length;
  }
  return html + escape(text.slice(end));
}
