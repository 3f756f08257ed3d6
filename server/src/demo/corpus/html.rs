//! The HTML that mail programs really send: Word's, webmails', newsletters'.

use super::fill::{Dice, pick};
use super::message::Client;
use super::people::Person;
use super::source::{Block, escape, html};

/// The inside of the body for what one wrote, signature included.
pub(super) fn own(client: Client, blocks: &[Block], signature: &[String], logo: Option<&str>) -> String {
    match client {
        Client::Outlook => {
            let mut out = html(
                blocks,
                " class=MsoNormal style='margin:0cm;font-size:11.0pt;font-family:\"Calibri\",sans-serif'",
                " valign=top style='border:solid windowtext 1.0pt;padding:0cm 5.4pt 0cm 5.4pt'",
            )
            .replace("</p>", "<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>");
            for (i, line) in signature.iter().enumerate() {
                let (weight, colour) = if i == 0 { ("bold", "#1F497D") } else { ("normal", "#7F7F7F") };
                out.push_str(&format!(
                    "<p class=MsoNormal><span style='font-size:9.0pt;font-weight:{weight};color:{colour};mso-fareast-language:FR'>{}<o:p></o:p></span></p>\n",
                    escape(line)
                ));
            }
            if let Some(cid) = logo {
                out.push_str(&format!(
                    "<p class=MsoNormal><!--[if gte vml 1]><v:shape id=\"_x0000_i1025\" style='width:72pt;height:30pt'><v:imagedata src=\"cid:{cid}\"/></v:shape><![endif]--><![if !vml]><img width=96 height=40 src=\"cid:{cid}\" alt=\"Logo\"><![endif]></p>\n"
                ));
            }
            out
        }
        _ => {
            let mut out = html(blocks, "", " style=\"padding:2px 8px\"");
            if !signature.is_empty() {
                let lines: Vec<_> = signature.iter().map(|line| escape(line)).collect();
                out.push_str(&format!("<div class=\"signature\">-- <br>{}</div>\n", lines.join("<br>\n")));
            }
            if let Some(cid) = logo {
                out.push_str(&format!("<img src=\"cid:{cid}\" width=\"96\" height=\"40\" alt=\"\">\n"));
            }
            out
        }
    }
}

/// A quotation below what one wrote: how it is introduced and what it holds.
pub(super) fn quote(client: Client, introduction: &str, inner: &str) -> String {
    let introduction = escape(introduction).replace('\n', "<br>\n");
    match client {
        Client::Outlook => format!(
            "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>{introduction}<o:p></o:p></p></div>\n<p class=MsoNormal><o:p>&nbsp;</o:p></p>\n{inner}"
        ),
        Client::Apple => format!(
            "<div><br><blockquote type=\"cite\"><div>{introduction}</div><br class=\"Apple-interchange-newline\"><div>{inner}</div></blockquote></div>"
        ),
        _ => format!(
            "<br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{introduction}<br></div><blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">{inner}</blockquote></div>"
        ),
    }
}

/// The whole document around the inside.
pub(super) fn document(client: Client, charset: &str, inner: &str) -> String {
    match client {
        Client::Outlook => format!(
            "<html xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:w=\"urn:schemas-microsoft-com:office:word\" xmlns:m=\"http://schemas.microsoft.com/office/2004/12/omml\" xmlns=\"http://www.w3.org/TR/REC-html40\">\n<head>\n<meta http-equiv=Content-Type content=\"text/html; charset={charset}\">\n<meta name=Generator content=\"Microsoft Word 15 (filtered medium)\">\n{WORD_STYLES}</head>\n<body lang=FR link=\"#0563C1\" vlink=\"#954F72\" style='word-wrap:break-word'>\n<div class=WordSection1>\n{inner}\n</div>\n</body>\n</html>\n"
        ),
        Client::Apple => format!(
            "<html><head><meta http-equiv=\"content-type\" content=\"text/html; charset={charset}\"></head><body style=\"overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;\">{inner}</body></html>"
        ),
        _ => format!("<div dir=\"ltr\">{inner}</div>\n"),
    }
}

const WORD_STYLES: &str = r#"<!--[if !mso]><style>v\:* {behavior:url(#default#VML);}
o\:* {behavior:url(#default#VML);}
w\:* {behavior:url(#default#VML);}
.shape {behavior:url(#default#VML);}
</style><![endif]--><style><!--
/* Font Definitions */
@font-face
	{font-family:"Cambria Math";
	panose-1:2 4 5 3 5 4 6 3 2 4;}
@font-face
	{font-family:Calibri;
	panose-1:2 15 5 2 2 2 4 3 2 4;}
/* Style Definitions */
p.MsoNormal, li.MsoNormal, div.MsoNormal
	{margin:0cm;
	font-size:11.0pt;
	font-family:"Calibri",sans-serif;
	mso-fareast-language:EN-US;}
a:link, span.MsoHyperlink
	{mso-style-priority:99;
	color:#0563C1;
	text-decoration:underline;}
span.EmailStyle17
	{mso-style-type:personal-compose;
	font-family:"Calibri",sans-serif;
	color:windowtext;}
.MsoChpDefault
	{mso-style-type:export-only;
	font-family:"Calibri",sans-serif;
	mso-fareast-language:EN-US;}
@page WordSection1
	{size:612.0pt 792.0pt;
	margin:70.85pt 70.85pt 70.85pt 70.85pt;}
div.WordSection1
	{page:WordSection1;}
--></style><!--[if gte mso 9]><xml>
<o:shapedefaults v:ext="edit" spidmax="1026" />
</xml><![endif]--><!--[if gte mso 9]><xml>
<o:shapelayout v:ext="edit">
<o:idmap v:ext="edit" data="1" />
</o:shapelayout></xml><![endif]-->
"#;

/// A newsletter: tables within tables, remote pictures, a button, a pixel.
pub(super) fn newsletter(dice: &mut Dice, from: &Person, title: &str, blocks: &[Block]) -> String {
    const HOST: &str = "https://img.lettre-sante.example";
    let tone = pick(dice, &["#00696e", "#5b2a86", "#b3541e", "#1f497d"]);
    let campaign = title.len() * 7_919 % 100_000;
    let mut rows = String::new();
    for (i, block) in blocks.iter().enumerate() {
        let text = html(
            std::slice::from_ref(block),
            " style=\"margin:0 0 12px 0;font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px;color:#333333\"",
            "",
        );
        let picture = if i % 2 == 1 {
            format!(
                "<td width=\"180\" valign=\"top\" style=\"padding:0 0 0 16px\"><img src=\"{HOST}/{campaign}/bloc-{i}.jpg\" width=\"180\" height=\"120\" border=\"0\" style=\"display:block\" alt=\"Illustration\"></td>"
            )
        } else {
            String::new()
        };
        rows.push_str(&format!(
            "<tr><td style=\"padding:8px 24px\"><table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td valign=\"top\">{text}</td>{picture}</tr></table></td></tr>\n"
        ));
    }
    format!(
        "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\n<style type=\"text/css\">@import url('{HOST}/polices.css'); body {{ margin:0; background:#f2f4f5 url({HOST}/fond.png) repeat-x }} @media only screen and (max-width:600px) {{ .large {{ width:100% !important }} .cache {{ display:none !important }} }}</style></head>\n<body bgcolor=\"#f2f4f5\"><div style=\"display:none;max-height:0;overflow:hidden\">{title} &#8199;&#65279;&#847; &#8199;&#65279;&#847;</div>\n<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f2f4f5\"><tr><td align=\"center\">\n<table class=\"large\" width=\"640\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\">\n<tr><td background=\"{HOST}/{campaign}/bandeau.jpg\" bgcolor=\"{tone}\" height=\"96\" style=\"padding:24px;color:#ffffff;font:bold 22px Arial\">{sender}</td></tr>\n<tr><td style=\"padding:24px 24px 8px;font:bold 19px Arial;color:{tone}\">{title}</td></tr>\n{rows}<tr><td align=\"center\" style=\"padding:16px\"><table cellpadding=\"0\" cellspacing=\"0\"><tr><td bgcolor=\"{tone}\" style=\"border-radius:4px;padding:12px 28px\"><a href=\"https://www.lettre-sante.example/lire?c={campaign}&amp;u=a81f\" style=\"color:#ffffff;text-decoration:none;font:bold 15px Arial\">Lire la suite</a></td></tr></table></td></tr>\n<tr><td style=\"padding:16px 24px;font:11px Arial;color:#888888\" align=\"center\">Vous recevez cette lettre car vous exercez dans le secteur. <a href=\"https://www.lettre-sante.example/desinscription?u=a81f\">Se désinscrire</a></td></tr>\n</table></td></tr></table><img src=\"{HOST}/o.gif?c={campaign}&amp;u=a81f\" width=\"1\" height=\"1\" alt=\"\"></body></html>\n",
        title = escape(title),
        sender = escape(from.family),
    )
}
