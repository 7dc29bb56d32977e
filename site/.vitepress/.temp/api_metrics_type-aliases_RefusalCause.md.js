import { _ as _export_sfc, s as ssrRenderAttrs_1, r as runtimeDom_cjs_prod } from "./plugin-vue_export-helper.Umd90EcT.js";
import "node:stream";
const __pageData = JSON.parse('{"title":"Type Alias: RefusalCause","description":"","frontmatter":{"editLink":false},"headers":[],"relativePath":"api/metrics/type-aliases/RefusalCause.md","filePath":"site/api/metrics/type-aliases/RefusalCause.md"}');
const _sfc_main = { name: "api/metrics/type-aliases/RefusalCause.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs_1(_attrs)}><h1 id="type-alias-refusalcause" tabindex="-1">Type Alias: RefusalCause <a class="header-anchor" href="#type-alias-refusalcause" aria-label="Permalink to &quot;Type Alias: RefusalCause&quot;">​</a></h1><div class="language-ts vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">ts</span><pre class="shiki shiki-themes github-light github-dark vp-code" tabindex="0"><code><span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">type</span><span style="--shiki-light:#6F42C1;--shiki-dark:#B392F0;"> RefusalCause</span><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;"> =</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;"> </span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;not-a-number&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;not-finite&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;negative&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;bad-name&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;bad-unit&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;tag-rule&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;kind-conflict&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;too-many-metrics&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;no-provider&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;no-reader&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;no-event-backend&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;timeout&quot;</span></span>
<span class="line"><span style="--shiki-light:#D73A49;--shiki-dark:#F97583;">  |</span><span style="--shiki-light:#032F62;--shiki-dark:#9ECBFF;"> &quot;error&quot;</span><span style="--shiki-light:#24292E;--shiki-dark:#E1E4E8;">;</span></span></code></pre></div><p>Defined in: <a href="https://github.com/OWNER/tallykit/blob/main/packages/metrics/src/registry.ts#L26" target="_blank" rel="noreferrer">packages/metrics/src/registry.ts:26</a></p><p>Why a call was not recorded.</p><ul><li><code>not-a-number</code>: the value is not a number</li><li><code>not-finite</code>: the value is NaN or infinite, or a sum became infinite</li><li><code>negative</code>: the value is negative, for <code>incr</code>, <code>timing</code> or <code>distribution</code></li><li><code>bad-name</code>: the name is not a string, is empty, or has over 255 characters with its prefix; or an event has no title or no text</li><li><code>bad-unit</code>: a timing has a unit that is none of time, or its metric has such a unit</li><li><code>tag-rule</code>: a call had a denied tag, and <code>onViolation</code> of the tag rules is <code>&#39;throw&#39;</code></li><li><code>kind-conflict</code>: the name belongs to a metric of another kind</li><li><code>too-many-metrics</code>: there are <code>maxMetrics</code> names already</li><li><code>no-provider</code>: too many values were recorded before there was somewhere to go, a MeterProvider or producers</li><li><code>no-reader</code>: all producers have left their readers, by <code>detach</code> or because their readers are gone</li><li><code>no-event-backend</code>: no backend takes events, or too many were recorded before there was one</li><li><code>timeout</code>: a callback of <code>observe</code> took longer than <code>observeTimeoutMillis</code></li><li><code>error</code>: a getter of the arguments, a callback of <code>observe</code>, or the MeterProvider threw</li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = runtimeDom_cjs_prod.useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("site/api/metrics/type-aliases/RefusalCause.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const RefusalCause = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  RefusalCause as default
};
