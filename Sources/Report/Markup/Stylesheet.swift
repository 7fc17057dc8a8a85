/// How the page looks: on a wide screen, a phone, paper, in light and in the dark.
///
/// Series have the colours `k0` … `k7`, after Okabe and Ito's palette, darkened (in the dark: lightened)
/// until text in them has a contrast of at least 4.5 to the ground.
enum Stylesheet {
  static let html = HTML.group([
    .style(colors), .style(text), .style(tables), .style(plots), .style(media),
  ])

  private static let colors: StaticString = """
    :root{--ground:#fdfdfb;--card:#ffffff;--ink:#1d2329;--soft:#4d5761;--faint:#626c76;--rule:#dfe2e0;
    --grid:#e8eae8;--tint:#f3f5f3;--best:#e2f1e8;--best-ink:#155c38;--accent:#0b5c8f;
    --k0:#4a5560;--k1:#0067a5;--k2:#b34700;--k3:#00744f;--k4:#93378a;--k5:#755800;--k6:#a3123f;
    --k7:#006b75;color-scheme:light}
    @media screen and (prefers-color-scheme:dark){:root{--ground:#14181c;--card:#1a1f24;--ink:#e6e9ec;
    --soft:#b4bcc4;--faint:#9ba5ae;--rule:#343b42;--grid:#2a3138;--tint:#20262c;--best:#173626;
    --best-ink:#8fdcb4;--accent:#7cc0ee;
    --k0:#bcc5ce;--k1:#74b9f2;--k2:#ff9d5c;--k3:#45c99c;--k4:#e2a0dc;--k5:#dcb94a;--k6:#ff8fa8;
    --k7:#5fcbd6;color-scheme:dark}}
    .k0{--c:var(--k0)}.k1{--c:var(--k1)}.k2{--c:var(--k2)}.k3{--c:var(--k3)}.k4{--c:var(--k4)}
    .k5{--c:var(--k5)}.k6{--c:var(--k6)}.k7{--c:var(--k7)}
    """

  private static let text: StaticString = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
    @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
    body{margin:0;background:var(--ground);color:var(--ink);line-height:1.55;font-size:16px;
    font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif;
    font-variant-numeric:tabular-nums lining-nums;overflow-wrap:break-word}
    header,nav,main,footer{max-width:1180px;margin:0 auto;padding:0 clamp(14px,3vw,32px)}
    header{padding-top:40px}
    h1{font-size:clamp(1.6rem,4vw,2.2rem);line-height:1.2;margin:.1em 0;font-weight:650;
    letter-spacing:-.01em;overflow-wrap:anywhere}
    h2{font-size:1.4rem;line-height:1.25;margin:0 0 .4em;font-weight:650;letter-spacing:-.005em}
    h3{font-size:1.08rem;margin:1.8em 0 .3em;font-weight:650}
    h4{font-size:.95rem;margin:1.2em 0 .4em;font-weight:600;color:var(--soft)}
    p,ul,dl{max-width:72ch;margin:.5em 0 .9em}
    a{color:var(--accent)}
    small{font-size:.8rem;color:var(--faint)}
    code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.88em;
    overflow-wrap:anywhere}
    pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.8rem;
    overflow:auto;max-height:60vh;background:var(--tint);padding:12px;border-radius:6px}
    .kicker{color:var(--faint);margin:0;font-size:.9rem}
    .subtitle{color:var(--soft);margin:.2em 0 0}
    nav{display:flex;flex-wrap:wrap;gap:2px 18px;padding-top:14px;padding-bottom:14px;font-size:.9rem}
    nav a{text-decoration:none;padding:3px 0}
    nav a:hover,nav a:focus-visible{text-decoration:underline}
    main>section{border-top:1px solid var(--rule);padding:26px 0 18px;scroll-margin-top:8px}
    .lead{color:var(--soft)}
    .headline{font-size:1.15rem;line-height:1.45}
    .findings{padding-left:1.1em}.findings li{margin:.45em 0}
    .name{color:var(--c);font-weight:600}
    .words{columns:2 300px;column-gap:48px;max-width:none}.words div{break-inside:avoid;margin-bottom:.7em}
    .words dt{font-weight:650}.words dd{margin:0;color:var(--soft)}
    details{margin:.6em 0}
    summary{cursor:pointer;color:var(--accent);font-size:.9rem;padding:4px 0}
    .skip{position:absolute;left:-999px}
    .skip:focus{left:12px;top:8px;background:var(--card);padding:6px 12px;z-index:2}
    :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    footer{color:var(--faint);font-size:.85rem;padding-top:8px;padding-bottom:40px}
    """

  private static let tables: StaticString = """
    .scroll{overflow-x:auto;margin:14px 0;border:1px solid var(--rule);border-radius:8px;
    background:var(--card);max-width:100%;width:fit-content}
    table{border-collapse:collapse;font-size:.88rem;line-height:1.35}
    caption{text-align:left;padding:10px 12px 6px;color:var(--soft);font-size:.88rem}
    th,td{padding:8px 12px;text-align:left;vertical-align:top;border-top:1px solid var(--rule)}
    thead th{vertical-align:bottom;font-weight:600;border-top:0;white-space:nowrap}
    thead th.number{white-space:normal}
    tbody th{font-weight:500}
    .number{text-align:right;white-space:nowrap}
    .group th{background:var(--tint);font-weight:650;color:var(--soft);font-size:.82rem}
    .figures tbody th[scope=row]{min-width:250px;max-width:330px}
    .figure-name{font-weight:600}
    .arrow{color:var(--faint);margin-left:.4em;white-space:nowrap}
    th small{display:block;font-weight:400;margin-top:2px;line-height:1.35}
    .value{display:block;font-size:.98rem}
    .spread{display:block;color:var(--faint);font-size:.78rem}
    .badge{display:inline-block;max-width:8.5em;white-space:normal;font-size:.7rem;line-height:1.3;padding:1px 6px;margin-top:3px;
    border-radius:8px;border:1px solid var(--rule);color:var(--soft)}
    td.best{background:var(--best)}
    td.best .value{font-weight:700}
    td.best .spread{color:var(--soft)}
    td.best .badge{border-color:transparent;background:var(--best-ink);color:var(--card)}
    .beside{color:var(--faint);font-size:.8rem;min-width:150px}
    .none{color:var(--faint)}
    """

  private static let plots: StaticString = """
    .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));
    gap:22px 26px;margin:14px 0 20px}
    .panel{margin:0;min-width:0;max-width:400px}
    figcaption b{display:block;font-weight:600;font-size:.95rem;line-height:1.3}
    figcaption span{display:inline}
    .panel>figcaption>span{display:block;color:var(--faint);font-size:.8rem;line-height:1.35;
    margin:2px 0 6px}
    .panel details{margin:0}.panel .scroll{margin:4px 0}
    svg{display:block;width:100%;height:auto;overflow:visible}
    svg text{font-size:11px;font-family:inherit;fill:var(--soft)}
    svg .tick{fill:var(--faint);font-size:10.5px}
    svg .axis-title{fill:var(--faint)}
    svg .grid{stroke:var(--grid);stroke-width:1}
    svg .axis{stroke:var(--faint);stroke-width:1}
    svg .reference{stroke:var(--faint);stroke-width:1.2;stroke-dasharray:4 3}
    svg .reference-label{fill:var(--faint);font-size:10px}
    svg .line{fill:none;stroke:var(--c);stroke-width:1.8;stroke-linejoin:round}
    svg .band{fill:var(--c);opacity:.16}
    svg .bar{fill:var(--c);opacity:.75}
    svg .dot{fill:var(--c);stroke:var(--ground);stroke-width:.8}
    svg .whisker{stroke:var(--c);stroke-width:1.6;fill:none}
    svg .label{fill:var(--c);font-weight:600}
    svg .options{fill:var(--c);font-size:9.5px}
    svg .reading{fill:var(--ink);font-size:11.5px}
    svg .cloud{fill:none;stroke:var(--c);stroke-width:3.2;stroke-linecap:round;opacity:.55}
    svg .ring{fill:none;stroke:var(--ink);stroke-width:1.4}
    svg .truth-ring{fill:var(--ink);fill-opacity:.22;stroke:var(--ink);stroke-width:2}
    svg .mark-label{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--ground);
    stroke-width:3px}
    svg .truth{stroke:var(--ink);stroke-width:2}
    svg .possible{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:3 3}
    .definitions{position:absolute}
    .pixels{image-rendering:pixelated}
    .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(96px,1fr));gap:12px;
    max-width:1010px;margin-bottom:12px}
    .tile-box{margin:0}
    .tile-box figcaption{font-size:.75rem;color:var(--faint);line-height:1.3;padding-top:3px}
    .tile{border-radius:3px;overflow:hidden}
    .there .tile{outline:3px solid var(--ink);outline-offset:1px}
    .strip-title{margin:1em 0 .4em}
    svg .veil{fill:var(--ground);fill-opacity:.86}
    svg .asked{fill:none;stroke:var(--ink);stroke-width:.6}
    svg .whole{fill:var(--rule);fill-opacity:1}
    svg .outline{fill:none;stroke:var(--c);stroke-width:1.6}
    .stack{display:grid;gap:8px}
    """

  private static let media: StaticString = """
    @media (max-width:480px){body{font-size:15.5px}header{padding-top:22px}
    .tiles{grid-template-columns:repeat(auto-fill,minmax(78px,1fr));gap:10px}
    th,td{padding:7px 9px}.figures tbody th[scope=row]{min-width:150px;max-width:170px}}
    @page{margin:14mm}
    @media print{body{background:#fff;font-size:10pt}nav,.skip,details:not([open]){display:none}
    header,main,footer{max-width:none;padding:0}
    main>section{padding:14px 0 8px}
    h2,h3,h4{break-after:avoid}
    .panel,.tile-box,.strip,tr,p,li{break-inside:avoid}
    .scroll{overflow:visible;border:0;width:auto}
    table{font-size:7.5pt}th,td{padding:3px 5px}th small{font-size:6.5pt}.spread,.badge{font-size:6.5pt}
    .figures tbody th[scope=row]{min-width:110px}.beside{min-width:70px;font-size:6.5pt}
    .panels{grid-template-columns:repeat(2,1fr);gap:14px 22px}
    .lead,.strip-title,.group{break-after:avoid}
    .panel>figcaption>span{font-size:7.5pt}
    .tiles{grid-template-columns:repeat(8,1fr);gap:8px}
    .tile-box figcaption{font-size:6.5pt}
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
    a{color:inherit;text-decoration:none}}
    """
}
