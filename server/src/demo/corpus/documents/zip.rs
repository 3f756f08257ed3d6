//! Archives without compression, and what travels in them: documents of a word
//! processor, and medical documents in an XDM archive (IHE ITI-32).

use super::super::dates;
use super::super::fill::Scene;
use super::super::source::{Block, escape};

/// CRC-32 (IEEE 802.3), as PNG and ZIP want it.
pub(in super::super) fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xEDB8_8320 ^ value >> 1 } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    !data.iter().fold(!0, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ crc >> 8)
}

/// A ZIP archive of stored entries.
pub(in super::super) fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let four = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let two = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes();
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let offset = out.len();
        // Version 2.0, names in UTF-8, stored, 1 January 2026 at noon.
        let mut common = vec![20, 0, 0, 8, 0, 0, 0, 0x60, 0x21, 0x5C];
        common.extend_from_slice(&crc32(data).to_le_bytes());
        common.extend_from_slice(&four(data.len()));
        common.extend_from_slice(&four(data.len()));
        common.extend_from_slice(&two(name.len()));
        common.extend_from_slice(&[0, 0]);
        out.extend_from_slice(b"PK\x03\x04");
        out.extend_from_slice(&common);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(data);
        directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        directory.extend_from_slice(&common);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&four(offset));
        directory.extend_from_slice(name.as_bytes());
    }
    let start = out.len();
    out.extend_from_slice(&directory);
    out.extend_from_slice(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend_from_slice(&two(entries.len()));
    out.extend_from_slice(&two(entries.len()));
    out.extend_from_slice(&four(directory.len()));
    out.extend_from_slice(&four(start));
    out.extend_from_slice(&[0, 0]);
    out
}

/// A document of a word processor (ECMA-376) with plain paragraphs.
pub(in super::super) fn docx(title: &str, blocks: &[Block]) -> Vec<u8> {
    let mut body = paragraph(title, true);
    for block in blocks {
        match block {
            Block::Heading(text) => body.push_str(&paragraph(text, true)),
            Block::Text(text) => text.lines().for_each(|line| body.push_str(&paragraph(line, false))),
            Block::List(items) => items.iter().for_each(|item| body.push_str(&paragraph(&format!("– {item}"), false))),
            Block::Table(rows) => rows.iter().for_each(|row| body.push_str(&paragraph(&row.join("   "), false))),
        }
    }
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document \
         xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}<w:sectPr/></w:body>\
         </w:document>"
    );
    zip(&[
        ("[Content_Types].xml", CONTENT_TYPES.as_bytes().to_vec()),
        ("_rels/.rels", RELATIONS.as_bytes().to_vec()),
        ("word/document.xml", document.into_bytes()),
    ])
}

fn paragraph(text: &str, bold: bool) -> String {
    let style = if bold { "<w:rPr><w:b/></w:rPr>" } else { "" };
    format!("<w:p><w:r>{style}<w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>", escape(text))
}

const CONTENT_TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Types \
     xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
     ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" \
     ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" \
     ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Relationships \
     xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" \
     Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
     Target=\"word/document.xml\"/></Relationships>";

/// An archive of one medical document: a level-3 CDA with its metadata.
pub(in super::super) fn xdm(scene: &Scene, title: &str, code: &str, blocks: &[Block]) -> Vec<u8> {
    let cda = cda(scene, title, code, blocks);
    let metadata = metadata(scene, title, code, cda.len());
    zip(&[
        (
            "INDEX.HTM",
            format!("<!DOCTYPE html><title>{}</title><a href=\"IHE_XDM/SUBSET01/DOC0001.XML\">Document</a>", escape(title))
                .into_bytes(),
        ),
        ("README.TXT", "Archive IHE XDM. Un document, au format CDA R2.\r\n".as_bytes().to_vec()),
        ("IHE_XDM/SUBSET01/METADATA.XML", metadata.into_bytes()),
        ("IHE_XDM/SUBSET01/DOC0001.XML", cda.into_bytes()),
    ])
}

/// The document itself (HL7 CDA R2), its narrative in sections.
fn cda(scene: &Scene, title: &str, code: &str, blocks: &[Block]) -> String {
    let p = &scene.patient;
    let stamp = dates::compact(scene.when).replace('T', "");
    let born = dates::compact(p.born);
    let (ins, author) = (p.matricule(), scene.from);
    let mut narrative = String::new();
    for block in blocks {
        match block {
            Block::Heading(text) => {
                narrative.push_str(&format!("<paragraph><content styleCode=\"Bold\">{}</content></paragraph>", escape(text)))
            }
            Block::Text(text) => narrative.push_str(&format!("<paragraph>{}</paragraph>", escape(text))),
            Block::List(items) => {
                let items: String = items.iter().map(|item| format!("<item>{}</item>", escape(item))).collect();
                narrative.push_str(&format!("<list>{items}</list>"));
            }
            Block::Table(rows) => {
                let row = |row: &Vec<String>| {
                    format!("<tr>{}</tr>", row.iter().map(|c| format!("<td>{}</td>", escape(c))).collect::<String>())
                };
                narrative.push_str(&format!(
                    "<table border=\"1\"><tbody>{}</tbody></table>",
                    rows.iter().map(row).collect::<String>()
                ));
            }
        }
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<realmCode code=\"FR\"/>\n\
         <typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\n\
         <id root=\"1.2.250.1.213.1.1.9.{stamp}\"/>\n\
         <code code=\"{code}\" codeSystem=\"2.16.840.1.113883.6.1\" displayName=\"{title}\"/>\n<title>{title}</title>\n\
         <effectiveTime value=\"{stamp}+0100\"/>\n\
         <confidentialityCode code=\"N\" codeSystem=\"2.16.840.1.113883.5.25\"/>\n<languageCode code=\"fr-FR\"/>\n\
         <recordTarget><patientRole><id extension=\"{ins}\" root=\"1.2.250.1.213.1.4.10\"/><patient><name>\
         <given>{given}</given><family qualifier=\"BR\">{family}</family></name>\
         <administrativeGenderCode code=\"{sex}\" codeSystem=\"2.16.840.1.113883.5.1\"/>\
         <birthTime value=\"{born}\"/></patient></patientRole></recordTarget>\n\
         <author><time value=\"{stamp}+0100\"/><assignedAuthor><id extension=\"8{rpps}\" root=\"1.2.250.1.71.4.2.1\"/>\
         <assignedPerson><name><given>{author_given}</given><family>{author_family}</family></name></assignedPerson>\
         </assignedAuthor></author>\n<component><structuredBody><component><section><title>{title}</title>\
         <text>{narrative}</text></section></component></structuredBody></component>\n</ClinicalDocument>\n",
        title = escape(title),
        given = escape(p.given),
        family = escape(&p.family.to_uppercase()),
        sex = if p.woman { "F" } else { "M" },
        born = &born[..8],
        rpps = author.rpps,
        author_given = escape(author.given),
        author_family = escape(author.family),
    )
}

fn metadata(scene: &Scene, title: &str, code: &str, size: usize) -> String {
    let slot = |name: &str, value: &str| {
        format!("<rim:Slot name=\"{name}\"><rim:ValueList><rim:Value>{value}</rim:Value></rim:ValueList></rim:Slot>\n")
    };
    let p = &scene.patient;
    let slots = [
        slot("URI", "DOC0001.XML"),
        slot("size", &size.to_string()),
        slot("creationTime", &dates::compact(scene.when).replace('T', "")),
        slot("languageCode", "fr-FR"),
        slot("sourcePatientId", &format!("{}^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH", p.matricule())),
        slot("sourcePatientInfo", &format!("PID-5|{}^{}^^^^^L", escape(&p.family.to_uppercase()), escape(p.given))),
        slot("typeCode", code),
    ];
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lcm:SubmitObjectsRequest \
         xmlns:lcm=\"urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0\" \
         xmlns:rim=\"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0\">\n<rim:RegistryObjectList>\n\
         <rim:ExtrinsicObject id=\"Document01\" mimeType=\"text/xml\">\n{}<rim:Name><rim:LocalizedString \
         value=\"{}\"/></rim:Name>\n</rim:ExtrinsicObject>\n</rim:RegistryObjectList>\n</lcm:SubmitObjectsRequest>\n",
        slots.concat(),
        escape(title)
    )
}
