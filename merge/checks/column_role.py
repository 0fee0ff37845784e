"""What a column holds, by its header."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final


class ColumnRole(StrEnum):
    """What the values of a column are."""

    PERSON = "a name"
    COMPANY = "a company or a product"
    PLACE = "a place"
    DATE = "a date"
    AMOUNT = "an amount"
    COUNT = "a number"
    SHARE = "a percentage"
    PHONE = "a phone number"
    CODE = "a code"
    LINK = "an address on the internet"
    OTHER = "text"


NAMES: Final = frozenset({ColumnRole.PERSON, ColumnRole.PLACE})
FIRST_UNSPACED: Final = "\u2e80"
"""The code point at which Chinese, Japanese and Korean letters begin."""


def _words(text: str) -> tuple[str, ...]:
    """The words of a comma-separated text."""
    return tuple(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


HEADERS: Final = (
    (
        ColumnRole.LINK,
        _words(
            """
email, e-mail, mail, emails, url, link, website, web, site, homepage, domain, photo, image, picture, logo,
video, avatar, background, thumbnail, file, correo, courriel, 이메일, 메일, 사진, メール, 写真, 邮箱, 郵箱,
照片, 链接, 링크,
"""
        ),
    ),
    (
        ColumnRole.DATE,
        _words(
            """
date, day, deadline, birthday, birthdate, dob, expiry, expires, expiration, renewal, anniversary, datum,
termin, frist, geburtstag, geburtsdatum, ablaufdatum, fecha, vencimiento, cumpleaños, échéance,
anniversaire, data, scadenza, compleanno, vencimento, aniversário, nascimento, verloopdatum, verjaardag,
geboortedatum, vervaldatum, 날짜, 일자, 생일, 기한, 만료일, 日付, 期日, 期限, 誕生日, 生年月日, 日期, 生日,
dzień, dato, päivä, tarih, дата, ημερομηνία, doğum,
"""
        ),
    ),
    (
        ColumnRole.PHONE,
        _words(
            """
phone, mobile, tel, telephone, cell, cellphone, handy, telefon, telefonnummer, móvil, teléfono, telefono,
portable, téléphone, cellulare, celular, telemóvel, telefone, telefoon, mobiel, fax, whatsapp, 전화,
전화번호, 휴대폰, 電話, 携帯, 手机, 电话,
"""
        ),
    ),
    (
        ColumnRole.CODE,
        _words(
            """
id, ids, no, nr, no., nr., num, number, code, key, zip, zipcode, postcode, postal, plz, sku, ref, reference,
iban, vin, kundennummer, código, cp, cap, referencia, numéro, 우편번호, 번호, 番号, 编号, 邮编, latitude,
longitude, lat, lon, lng,
"""
        ),
    ),
    (
        ColumnRole.AMOUNT,
        _words(
            """
amount, value, budget, deposit, bill, bonus, commission, rent, turnover, wert, honorar, miete, umsatz,
provision, price, cost, costs, fee, fees, total, sum, payment, salary, revenue, betrag, preis, gebühr,
summe, rate, importe, precio, monto, coste, cuota, montant, prix, coût, tarif, importo, prezzo, costo,
valor, preço, custo, bedrag, prijs, kosten, 금액, 가격, 요금, 金額, 価格, 料金, 金额, 价格, 费用, balance,
kwota, cena, částka, belopp, pris, beløb, tutar, fiyat, сумма, цена, saldo, solde,
"""
        ),
    ),
    (
        ColumnRole.COUNT,
        _words(
            """
count, visits, quantity, qty, seats, anzahl, menge, age, alter, cantidad, nombre_de, quantité, quantità,
quantidade, aantal, employees, users, points, score, years, 수량, 개수, 나이, 数量, 人数, 年齢, 年龄,
tickets, nights, guests, participants,
"""
        ),
    ),
    (
        ColumnRole.SHARE,
        _words(
            """
percent, percentage, share, saving, savings, discount, rabatt, anteil, prozent, descuento, remise, sconto,
desconto, korting,
"""
        ),
    ),
    (ColumnRole.DATE, ("due", "until", "start", "end", "starts", "ends", "when", "fällig", "beginn", "ende")),
    (ColumnRole.CODE, ("invoice", "ticket", "tracking")),
    (
        ColumnRole.COMPANY,
        _words(
            """
account, school, schule, escuela, école, scuola, escola, university, universität, college, hospital, clinic,
praxis, verein, club, hotel, restaurant, dealer, händler, agency, agentur, institution, charity,
association, supplier, lieferant, vendor, proveedor, fournisseur, fornitore, partner, retailer, franchise,
practice, property, 거래처, company, companies, organisation, organization, employer, firm, business, brand,
account_name, product, item, plan, package, team, department, project, event, firma, unternehmen, produkt,
marke, empresa, compañía, producto, entreprise, société, produit, azienda, ditta, prodotto, produto,
bedrijf, merk, user, username, login, 회사, 회사명, 제품, 会社, 会社名, 商品, 公司, 产品, 品牌, společnost,
företag, selskab, yritys, şirket, компания, organisatie, organización, organizzazione, organização,
arbeitgeber, employeur, 勤務先, job_company, tier, shop, store,
"""
        ),
    ),
    (
        ColumnRole.PERSON,
        _words(
            """
destinatario, destinatária, destinataire, empfänger, empfängerin, ontvanger, beneficiario, titular,
asegurado, policyholder, insured, donor, spender, donante, donateur, learner, trainee, pupil, alumno,
alumna, schüler, élève, estudiante, parent, volunteer, landlord, vermieter, käufer, verkäufer, vendedor,
salesperson, trainer, instructor, tutor, doctor, therapist, stylist, responsable, responsabile, responsável,
verantwortlich, conseiller, conseillère, asesor, consulente, mentor, huésped, ospite, gast, patiente,
participant, attendees, teilnehmer, teilnehmerin, participante, partecipante, deelnemer, deltagare,
uczestnik, 참가자, 参加者, 参与者, member, mitglied, tenant, mieter, buyer, seller, candidate, applicant,
bewerber, candidat, candidato, winner, kontaktperson, contactpersoon, name, names, firstname, lastname,
fullname, surname, forename, nickname, first_name, last_name, contact, recipient, vorname, nachname,
familienname, ansprechpartner, nombre, nombres, apellido, apellidos, prénom, prenom, nom, nome, cognome,
sobrenome, apelido, naam, voornaam, achternaam, 이름, 성명, 성함, 名前, 氏名, お名前, 姓名, 名字, 姓, 名,
manager, owner, advisor, adviser, consultant, agent, speaker, host, coach, teacher, betreuer, berater,
referent, imię, nazwisko, jméno, příjmení, förnamn, efternamn, namn, fornavn, etternavn, efternavn, navn,
etunimi, sukunimi, nimi, adı, soyad, soyadı, isim, имя, фамилия, фио, όνομα, επώνυμο, tên, الاسم, 담당자,
担当者, 联系人, nama, nume, név, שם, піб, ім'я, 고객명, 고객 이름, 담당자명, お客様名, ご担当者, 联系人姓名,
rep, guest, attendee, patient, student, employee_name, apellido_paterno, kontakt,
"""
        ),
    ),
    (
        ColumnRole.COMPANY,
        _words(
            """
client, clients, customer, customers, kunde, kundin, cliente, klant, klient, 顧客, 客户, 거래처,
"""
        ),
    ),
    (
        ColumnRole.PLACE,
        _words(
            """
city, town, place, ort, stadt, ciudad, ville, città, cidade, stad, plaats, country, land, país, pays, paese,
region, 도시, 지역, 都市, 市, 城市, 地区, miasto, město, by, kaupunki, şehir, город, πόλη, kraj, země, ülke,
страна, woonplaats, wohnort, localité, commune, municipio, localidad, comune, location, locations, standort,
ubicación, lieu, luogo, localização, local, 市区町村, 住所, adres, address, addresses, street, straße,
strasse, adresse, anschrift, dirección, calle, rue, indirizzo, via, endereço, rua, straat, 주소, 地址,
venue, veranstaltungsort,
"""
        ),
    ),
)
"""The first entry that has a word of a header determines what its column holds."""

_COMPOUNDS: Final = (
    (ColumnRole.PHONE, re.compile(r"(?:handy|telefon|mobil|tel)\w+")),
    (ColumnRole.DATE, re.compile(r"\w+(?:datum|termin|geburtstag|dato)")),
    (ColumnRole.CODE, re.compile(r"\w+(?:nummer|nr|nr\.|code|kode|schlüssel)")),
    (ColumnRole.AMOUNT, re.compile(r"\w+(?:betrag|preis|summe|kosten|gebühr|bedrag|prijs|belopp|beløb)")),
    (
        ColumnRole.COMPANY,
        re.compile(r"(?:firmen|produkt|company|product|user|benutzer)\w*(?:name|naam|namn|navn)"),
    ),
    (ColumnRole.PERSON, re.compile(r"\w+(?:name|naam|namn|navn|nimi|nombre)")),
    (ColumnRole.PLACE, re.compile(r"(?:wohn|geburts|stand|heimat)(?:ort|stadt)|\w+(?:stadt|stad)")),
)
"""Headers of one word that is made of two: `Rufname`, `Handynummer`."""
_PERSONAL: Final = re.compile(
    r"\b(?:account|sales)[\s_-]+(?:manager|owner|rep)\b|\b(?:last|first|full|nick|sur|given"
    r"|family)[\s_-]*names?\b"
)

_ACCOUNT_NAME: Final = re.compile(r"\baccount[\s_-]*name\b")
_SINCE: Final = re.compile(r"\b(?:since|seit|depuis|desde|dal|sinds|type|status|segment|group|category)\b")
"""Words after which a header such as `Customer since` isn't about the customer."""


_FIRST_NAMES: Final = re.compile(
    r"\b(?:first|given|fore|christian)[\s_-]?names?\b|\b(?:vorname|rufname|prénom|prenom|voornaam|imię"
    r"|jméno"
    r"|förnamn|fornavn|etunimi)\b"
)


_PRODUCTS: Final = re.compile(
    r"\b(?:products?|items?|plan|package|event|project|produkte?|productos?|produits?|prodott[oi]"
    r"|produtos?|articles?|artikel)"
    r"|제품|商品|产品"
)


_CUSTOMERS: Final = re.compile(r"\b(?:clients?|customers?|kund\w+|clientes?|klanten?|klient\w*)\b")


@lru_cache(maxsize=512)
def is_of_customers(header: str) -> bool:
    """Whether a column is about customers, who are companies or people."""
    return bool(_CUSTOMERS.search(header.casefold()))


@lru_cache(maxsize=512)
def is_of_products(header: str) -> bool:
    """Whether a column with names of companies or products is about products."""
    return bool(_PRODUCTS.search(header.casefold()))


@lru_cache(maxsize=512)
def is_of_first_names(header: str) -> bool:
    """Whether a column holds first names only."""
    return bool(_FIRST_NAMES.search(header.casefold()))


@lru_cache(maxsize=512)
def role_of(header: str) -> ColumnRole:
    """What a column holds, according to the words of its header."""
    folded = " ".join(header.casefold().split())
    words = {folded, *re.split(r"[\s_/().,:;-]+", folded), *folded.split()}
    if _PERSONAL.search(folded):
        return ColumnRole.PERSON
    if _ACCOUNT_NAME.search(folded):
        return ColumnRole.COMPANY
    if _SINCE.search(folded):
        return ColumnRole.OTHER
    for role, names in HEADERS:
        if any(name in words or (is_unspaced(name) and name in folded) for name in names):
            return role
    return next((role for role, part in _COMPOUNDS if any(map(part.fullmatch, words))), ColumnRole.OTHER)


def is_unspaced(name: str) -> bool:
    """Whether a word may be part of a text without spaces around it, like in Chinese."""
    return len(name) > 1 and name[0] >= FIRST_UNSPACED
