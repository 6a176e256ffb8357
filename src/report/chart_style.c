#include "report/chart_style.h"

#include "report/decimal.h"

// Colours by Okabe and Ito, which people with any colour vision tell apart; on dark
// paper the dark ones are lighter. Never colour alone: dashes, numbers and hatching
// differ too. Fields of colour are one of two inks, thinner or thicker on the paper:
// their lightness is in order on light paper and on dark.
static const char rules[] =
    "svg text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,"
    "sans-serif;font-size:12px;fill:#59636e;unicode-bidi:isolate}\n"
    "svg tspan{unicode-bidi:isolate}\n"
    ".paper{fill:#ffffff}.grid{stroke:#e4e8ec}.base{stroke:#8c959f}\n"
    "svg .head{font-size:16px;font-weight:600;fill:#1f2328}\n"
    "svg .name{font-size:13px;font-weight:600;fill:#1f2328}\n"
    "svg .long{font-size:10.5px}svg .value{font-weight:400;fill:#59636e}"
    "svg .note{font-size:11px}svg .small{font-size:9px}\n"
    ".line,.thin,.hair,.constant{fill:none;stroke:currentColor}\n"
    ".line{stroke-width:2.6;stroke-linecap:round;stroke-linejoin:round}\n"
    ".thin{stroke-width:1.1;stroke-linejoin:round}\n"
    ".hair{color:#afb8c1;stroke-width:.8}\n"
    ".constant{color:#59636e;stroke-width:1.3;stroke-dasharray:1.3 4}\n"
    ".dot{fill:currentColor;stroke:#ffffff;stroke-width:1.2}\n"
    ".ring{fill:#ffffff;stroke:currentColor;stroke-width:1.6}\n"
    ".up{fill:#005a92}.down{fill:#a84400}.hatch{stroke:#ffffff;stroke-width:1}\n"
    ".field{fill:none;stroke:#d0d7de}.best{fill:none;stroke:#1f2328;stroke-width:1.8}\n"
    "svg .on-thin{font-size:10.5px;fill:#1f2328}"
    "svg .on-thick{font-size:10.5px;fill:#ffffff}svg .tight{font-size:9px}\n"
    ".c0{color:#d55e00}.c1{color:#0072b2}.c2{color:#009e73}.c3{color:#cc79a7}"
    ".c4{color:#e69f00}.c5{color:#56b4e9}.c6{color:#1f2328}\n"
    "@media screen and (prefers-color-scheme:dark){\n"
    "svg text,svg .value{fill:#9aa4af}svg .head,svg .name{fill:#f0f6fc}\n"
    ".paper{fill:#0d1117}.grid{stroke:#21262d}.base{stroke:#6e7681}\n"
    ".hair{color:#484f58}.constant{color:#9aa4af}.dot{stroke:#0d1117}"
    ".ring{fill:#0d1117}\n"
    ".up{fill:#4da3dc}.down{fill:#e8853a}.hatch{stroke:#0d1117}"
    ".field{stroke:#30363d}.best{stroke:#f0f6fc}\n"
    "svg .on-thin{fill:#f0f6fc}svg .on-thick{fill:#0d1117}\n"
    ".c0{color:#f07a28}.c1{color:#56b4e9}.c2{color:#2ac194}.c5{color:#3d8fd1}"
    ".c6{color:#f0f6fc}\n"
    "}\n";

void merit__chart_style_add(merit__xml *xml)
{
    merit__xml_add(xml, "%s", rules);
}

void merit__chart_open(merit__xml *xml, const char *id, double width, double height)
{
    merit__decimal w = merit__decimal_of(width, 0), h = merit__decimal_of(height, 0);
    merit__xml_add(xml,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" "
                   "height=\"%s\" viewBox=\"0 0 %s %s\" role=\"img\" "
                   "aria-labelledby=\"%s-title %s-desc\">\n",
                   w.text, h.text, w.text, h.text, id, id);
}

void merit__chart_tell(merit__xml *xml, const char *id, const char *element)
{
    merit__xml_add(xml, "<%s id=\"%s-%s\">", element, id, element);
}

void merit__chart_paper(merit__xml *xml, double width, double height)
{
    merit__xml_add(xml, "<style>\n");
    merit__chart_style_add(xml);
    merit__xml_add(xml,
                   "</style>\n<rect class=\"paper\" width=\"%s\" height=\"%s\" "
                   "rx=\"6\"/>\n",
                   merit__decimal_of(width, 0).text, merit__decimal_of(height, 0).text);
}
