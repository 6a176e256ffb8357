#include "report/page_style.h"

static const char colours[] =
    ":root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--paper:#ffffff;"
    "--rule:#d8dee4;--tint:#f6f8fa;--up:#005a92;--down:#a84400;--note:#59636e}\n"
    "@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;"
    "--paper:#0d1117;--rule:#30363d;--tint:#161b22;--up:#6cb8ea;--down:#f0954d;"
    "--note:#9aa4af}}\n";

static const char text[] =
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,"
    "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-variant-numeric:tabular-nums lining-nums}\n"
    "main{max-width:58rem;margin:0 auto;padding:2.5rem 1rem "
    "4rem;overflow-wrap:break-word}\n"
    "dd,bdi,h1{overflow-wrap:anywhere}td bdi,th bdi{overflow-wrap:normal}\n"
    ".long{min-width:8.5rem}.long bdi{overflow-wrap:anywhere}\n"
    "p,ul,dl{max-width:42rem}\n"
    "h1{font-size:1.5rem;line-height:1.2;margin:.1rem 0 1.4rem;font-weight:650;"
    "letter-spacing:-.01em;text-wrap:balance}\n"
    "h2{font-size:1.25rem;line-height:1.3;margin:0 0 .4rem;font-weight:650;"
    "letter-spacing:-.005em}\n"
    "h3{font-size:1rem;margin:1.6rem 0 .3rem;font-weight:650}\n"
    "section{border-top:1px solid var(--rule);padding-top:1.6rem;margin-top:2.6rem}\n"
    ".kicker,.lead+p,figcaption,footer,.soft{color:var(--soft)}\n"
    ".kicker{font-size:.85rem;margin:0}\n"
    ".lead{font-size:1.2rem;line-height:1.5;margin:1.4rem 0 .4rem;text-wrap:pretty}\n"
    ".soft,figcaption,footer{font-size:.875rem}\n"
    "footer{border-top:1px solid var(--rule);margin-top:2.6rem;padding-top:1rem}\n"
    "code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}\n";

static const char facts[] =
    ".facts{display:flex;flex-wrap:wrap;gap:1rem 2.6rem;margin:0;max-width:none}\n"
    ".facts dt{font-size:.8rem;color:var(--soft)}\n"
    ".facts dd{margin:0;font-size:2rem;line-height:1.15;font-weight:650;"
    "letter-spacing:-.02em}\n"
    ".facts .first dd{font-size:3.4rem;line-height:1;color:var(--up)}\n"
    ".facts>div{display:flex;flex-direction:column;justify-content:flex-end}\n"
    ".pairs{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;"
    "font-size:.9rem;margin:.8rem 0;max-width:52rem}\n"
    ".pairs dt{color:var(--soft)}.pairs dd{margin:0}\n"
    "@media (max-width:30rem){.pairs{grid-template-columns:1fr;gap:0}"
    ".pairs dd{margin-bottom:.5rem}}\n";

static const char parts[] =
    "figure{margin:1.2rem 0}\n"
    ".scroll{overflow-x:auto;max-width:100%}\n"
    ".scroll svg{display:block;max-width:none}\n"
    ".fit svg{max-width:100%;height:auto}\n"
    "figcaption{max-width:42rem;margin-top:.4rem}\n"
    ".row{display:flex;flex-wrap:wrap;gap:0 1.8rem;align-items:flex-start}\n"
    ".row>*{min-width:0;max-width:100%}.row>.grow{flex:1 1 18rem}\n"
    // What stands under a picture is as wide as the picture.
    ".row>figure figcaption,.row>figure details{width:0;min-width:100%}\n"
    ".narrow{display:none}\n"
    "@media screen and (max-width:44rem){.wide{display:none}.narrow{display:block}}\n"
    "table{border-collapse:collapse;font-size:.9rem;margin:.6rem 0}\n"
    "caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:.3rem}"
    "\n"
    "th,td{text-align:left;padding:.28rem .9rem .28rem 0;border-bottom:1px solid "
    "var(--rule);vertical-align:baseline;font-weight:400}\n"
    "th.n,td.n{text-align:right;white-space:nowrap}\n"
    "thead th{color:var(--soft);font-size:.8rem;vertical-align:bottom}\n"
    "thead th.n{white-space:normal}\n"
    "@media screen and (max-width:56rem){.tight th,.tight td{padding-right:.5rem}}\n"
    "@media screen and (max-width:30rem){table{font-size:.84rem}"
    "th,td{padding-right:.6rem}.extra{display:none}}\n"
    "tr.strong th,tr.strong td{font-weight:650}\n"
    "td:last-child,th:last-child{padding-right:0}\n"
    ".bar{display:inline-block;vertical-align:middle}\n"
    ".bar rect{fill:var(--down)}\n"
    "details{margin:.6rem "
    "0}summary{cursor:pointer;color:var(--soft);font-size:.875rem}\n"
    "summary:hover{color:var(--ink)}\n"
    ".findings{list-style:none;padding:0;margin:.6rem 0}\n"
    ".findings li{padding:.45rem 0 .45rem .8rem;border-left:3px solid var(--rule);"
    "margin-bottom:.5rem}\n"
    ".findings .problem{border-left:5px double var(--down)}"
    ".findings .warning{border-left-color:var(--down)}"
    ".findings .remedy{border-left:5px solid var(--up)}\n"
    ".findings b{font-size:.75rem;letter-spacing:.04em;margin-right:.4rem}\n"
    ".findings .problem b,.findings .warning b{color:var(--down)}"
    ".findings .remedy b{color:var(--up)}\n";

static const char mistakes[] =
    ".mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.6rem,1fr));"
    "gap:1.2rem 1rem;list-style:none;padding:0;margin:1rem 0;max-width:none}\n"
    ".mistakes figure{margin:0}\n"
    ".mistakes img{width:6rem;height:6rem;object-fit:contain;image-rendering:pixelated;"
    "background:var(--tint);display:block;margin-bottom:.4rem}\n"
    ".mistakes svg{display:block;max-width:100%;margin-bottom:.4rem;"
    "background:var(--tint)}\n"
    ".letters{font:.8rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere;"
    "margin-bottom:.4rem}.letters mark{background:var(--ink);color:var(--paper);"
    "font-weight:700}\n"
    ".mistakes figcaption{font-size:.8rem;line-height:1.4;margin:0}\n"
    ".mistakes strong{color:var(--ink);font-weight:650}\n";

static const char print[] =
    "@media print{html{font-size:10pt}main{max-width:none;padding:0}"
    "section{margin-top:1.4rem;padding-top:1rem}"
    "figure,table,.findings li,.mistakes li,.facts{break-inside:avoid}"
    "h2,h3,caption{break-after:avoid}.scroll{overflow:visible}"
    ".scroll svg{max-width:100%;height:auto}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n"
    "@page{margin:16mm 14mm}\n";

void merit__page_style_add(merit__xml *xml)
{
    merit__xml_add(xml, "%s%s%s%s%s%s", colours, text, facts, parts, mistakes, print);
}
