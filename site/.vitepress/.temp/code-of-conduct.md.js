import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Code of conduct","description":"","frontmatter":{"editLink":true},"headers":[],"relativePath":"code-of-conduct.md","filePath":".github/CODE_OF_CONDUCT.md"}');
const _sfc_main = { name: "code-of-conduct.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="code-of-conduct" tabindex="-1">Code of conduct <a class="header-anchor" href="#code-of-conduct" aria-label="Permalink to &quot;Code of conduct&quot;">​</a></h1><p>Everybody who writes here, in issues, pull requests, reviews and discussions, keeps to these rules. They hold for maintainers too.</p><ul><li>Be kind, and assume that others mean well. Many of us write in a foreign language.</li><li>Talk about the work, not about the person. Say what is wrong and how it could be better.</li><li>No insults, no harassment, no sexual remarks, no remarks about what somebody is, believes, or looks like. Nobody&#39;s private data is published.</li><li>If somebody asks you to stop, stop.</li></ul><p>If somebody breaks these rules, tell a maintainer, in private if you like (&quot;Report a vulnerability&quot; on the Security page reaches only the maintainers). We listen to both sides and don&#39;t say who reported. We may remove texts, ask for an apology, or block an account for some time or for good, and we say why.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/code-of-conduct.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const codeOfConduct = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  codeOfConduct as default
};
