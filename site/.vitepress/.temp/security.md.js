import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Security","description":"","frontmatter":{"editLink":true},"headers":[],"relativePath":"security.md","filePath":".github/SECURITY.md"}');
const _sfc_main = { name: "security.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="security" tabindex="-1">Security <a class="header-anchor" href="#security" aria-label="Permalink to &quot;Security&quot;">​</a></h1><h2 id="which-versions-get-fixes" tabindex="-1">Which versions get fixes <a class="header-anchor" href="#which-versions-get-fixes" aria-label="Permalink to &quot;Which versions get fixes&quot;">​</a></h2><p>The newest minor version. While the version begins with 0, older ones get none.</p><h2 id="report-a-vulnerability" tabindex="-1">Report a vulnerability <a class="header-anchor" href="#report-a-vulnerability" aria-label="Permalink to &quot;Report a vulnerability&quot;">​</a></h2><p>Please don&#39;t open a public issue. Use &quot;Report a vulnerability&quot; on the Security page of this repository: only the maintainers see it.</p><p>Say which package and version it is, what an attacker can do, and how to reproduce it. A small program helps most.</p><p>You get an answer within a week: whether we see it as you do, and when a fix can be expected. We publish an advisory with the fix, and name you in it if you want.</p><h2 id="what-counts-as-a-vulnerability-here" tabindex="-1">What counts as a vulnerability here <a class="header-anchor" href="#what-counts-as-a-vulnerability-here" aria-label="Permalink to &quot;What counts as a vulnerability here&quot;">​</a></h2><ul><li>A secret (an API key, a password in an address) appears in a log line, an error or a payload.</li><li>Text of a caller or a server adds a line, a tag or a field to what is sent or logged.</li><li>Data of a caller or an answer of a server makes the process end, hang, or take memory without a bound.</li><li>The page or the handler of the store answers somebody that <code>authorize</code> refuses, or runs script that comes from data.</li><li>A published package contains what was not built from its tag. <code>npm audit signatures</code> checks the provenance.</li></ul><p>Not a vulnerability: what somebody can do who already chooses the options or the environment of the process; metrics over UDP, which the protocol neither encrypts nor authenticates.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/security.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const security = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  security as default
};
