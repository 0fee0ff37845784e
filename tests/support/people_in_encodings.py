"""CSV files about people in 26 languages, in the encodings that programs there have used."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_PEOPLE = {
    "German": (
        "Jürgen Müller,Köln",
        "Bärbel Schäfer,Nürnberg",
        "Günther Weiß,Düsseldorf",
        "Anna Schmidt,Berlin",
        "Käthe Größmann,Würzburg",
        "Jörg Böhm,Lübeck",
        "Lars Klein,Hamburg",
        "Götz Krüger,Gießen",
    ),
    "French": (
        "François Lefèvre,Besançon",
        "Hélène Dupré,Orléans",
        "Zoé Benoît,Nîmes",
        "Jérôme Gauthier,Saint-Étienne",
        "Marie Martin,Paris",
        "Agnès Rivière,Évreux",
        "Noël Château,Béziers",
        "André Côté,Angoulême",
    ),
    "Spanish": (
        "José Núñez,Málaga",
        "María Peña,León",
        "Íñigo Ibáñez,Cádiz",
        "Begoña Muñoz,Logroño",
        "Ana Soto,Madrid",
        "Martín Güell,Ávila",
        "Sofía Yáñez,A Coruña",
        "Andrés Gómez,Córdoba",
    ),
    "Portuguese": (
        "João Gonçalves,São Paulo",
        "Conceição Simões,Brasília",
        "Antônio Magalhães,Goiânia",
        "Inês Guimarães,Évora",
        "Rui Costa,Lisboa",
        "Mário Falcão,Maceió",
        "Luís Brandão,Florianópolis",
        "Lúcia Assunção,Belém",
    ),
    "Swedish": (
        "Åsa Sjöberg,Malmö",
        "Göran Åkesson,Göteborg",
        "Märta Lindström,Västerås",
        "Björn Öberg,Örebro",
        "Nils Holm,Lund",
        "Örjan Sandström,Jönköping",
        "Håkan Söderlund,Umeå",
        "Sören Nordström,Luleå",
    ),
    "Danish": (
        "Søren Kjær,København",
        "Bjørn Sørensen,Århus",
        "Mette Nørgård,Næstved",
        "Jørgen Bøgh,Helsingør",
        "Lise Holm,Odense",
        "Åse Skjødt,Sønderborg",
        "Gry Lærke,Køge",
        "Pia Hansen,Ålborg",
    ),
    "Polish": (
        "Łukasz Wójcik,Gdańsk",
        "Małgorzata Żak,Łódź",
        "Stanisław Dąbrowski,Wrocław",
        "Żaneta Świątek,Kraków",
        "Jan Nowak,Poznań",
        "Wiesława Zając,Częstochowa",
        "Paweł Głąb,Rzeszów",
        "Agnieszka Kozieł,Toruń",
    ),
    "Czech": (
        "Jiří Dvořák,Plzeň",
        "Zdeněk Růžička,Ústí nad Labem",
        "Kateřina Němcová,Hradec Králové",
        "Tomáš Černý,Děčín",
        "Jan Novák,Praha",
        "Šárka Žižková,Třebíč",
        "Ondřej Kučera,Přerov",
        "Lukáš Říha,Břeclav",
    ),
    "Hungarian": (
        "Győző Szőke,Győr",
        "Erzsébet Kovács,Szeged",
        "Zoltán Fekete,Székesfehérvár",
        "Bálint Tőkés,Pécs",
        "Anna Nagy,Budapest",
        "Ernő Köröndi,Hódmezővásárhely",
        "Ágnes Fűzi,Kőszeg",
        "Jenő Vörös,Tatabánya",
    ),
    "Romanian": (
        "Ştefan Ionescu,Braşov",
        "Ioana Ţîrlea,Iaşi",
        "Mihăiţă Văcărescu,Constanţa",
        "Lăcrămioara Câmpeanu,Timişoara",
        "Ana Pop,Cluj",
        "Răzvan Mureşan,Târgu Mureş",
        "Cătălin Bălan,Bistriţa",
        "Sânziana Roşu,Reşiţa",
    ),
    "Croatian": (
        "Željko Šimić,Šibenik",
        "Đurđica Kovačević,Karlovac",
        "Krešimir Babić,Čakovec",
        "Nataša Ćosić,Požega",
        "Ana Horvat,Zagreb",
        "Goran Živković,Vukovar",
        "Tomislav Jurišić,Poreč",
        "Anđela Perić,Slavonski Brod",
    ),
    "Russian": (
        "Иван Соколов,Москва",
        "Анна Кузнецова,Новосибирск",
        "Дмитрий Щербаков,Екатеринбург",
        "Юлия Фёдорова,Казань",
        "Сергей Журавлёв,Санкт-Петербург",
        "Ольга Яковлева,Челябинск",
        "Алексей Попов,Ростов",
        "Наталья Цветкова,Пермь",
    ),
    "Ukrainian": (
        "Олена Коваленко,Київ",
        "Андрій Шевченко,Харків",
        "Наталія Єфименко,Львів",
        "Юрій Їжакевич,Запоріжжя",
        "Микола Бойко,Одеса",
        "Ірина Гнатюк,Вінниця",
        "Сергій Лисенко,Чернігів",
        "Оксана Кравець,Рівне",
    ),
    "Bulgarian": (
        "Георги Димитров,София",
        "Мария Иванова,Пловдив",
        "Стоян Желязков,Бургас",
        "Цветелина Христова,Велико Търново",
        "Николай Петров,Варна",
        "Пламен Щерев,Шумен",
        "Юлия Янкова,Русе",
        "Красимир Ангелов,Стара Загора",
    ),
    "Greek": (
        "Γιώργος Παπαδόπουλος,Αθήνα",
        "Μαρία Οικονόμου,Θεσσαλονίκη",
        "Κώστας Δημητρίου,Πάτρα",
        "Ελένη Χατζή,Ηράκλειο",
        "Νίκος Αλεξίου,Βόλος",
        "Σοφία Βασιλείου,Ιωάννινα",
        "Δημήτρης Ψαρράς,Καλαμάτα",
        "Άννα Ζωγράφου,Ρόδος",
    ),
    "Turkish": (
        "Şükrü Yıldız,İstanbul",
        "Ayşe Çelik,Eskişehir",
        "Gülşah Öztürk,Muğla",
        "Mehmet Yılmaz,Çanakkale",
        "Tuğba Işık,Diyarbakır",
        "Oğuz Kılıç,Ankara",
        "Ömer Doğan,Kütahya",
        "Çağla Güneş,Iğdır",
    ),
    "Hebrew": (
        "דוד כהן,ירושלים",
        "רחל לוי,תל אביב",
        "משה מזרחי,חיפה",
        "שרה פרץ,באר שבע",
        "יוסף ביטון,נתניה",
        "מרים אברהם,אשדוד",
        "יעקב גבאי,רמת גן",
        "חנה אוחיון,צפת",
    ),
    "Arabic": (
        "محمد العلي,القاهرة",
        "فاطمة حسن,الإسكندرية",
        "أحمد منصور,دمشق",
        "خديجة يوسف,الدار البيضاء",
        "عمر سالم,بيروت",
        "ليلى إبراهيم,الرياض",
        "حسين قاسم,بغداد",
        "مريم شريف,طرابلس",
    ),
    "Lithuanian": (
        "Jūratė Žukauskaitė,Šiauliai",
        "Žydrūnas Kazlauskas,Panevėžys",
        "Rūta Stankevičienė,Klaipėda",
        "Šarūnas Petrauskas,Kaišiadorys",
        "Jonas Kairys,Vilnius",
        "Ąžuolas Čepas,Alytus",
        "Giedrė Mažeikaitė,Tauragė",
        "Lukas Žemaitis,Telšiai",
    ),
    "Latvian": (
        "Jānis Bērziņš,Rīga",
        "Līga Ozoliņa,Rēzekne",
        "Kārlis Kalniņš,Cēsis",
        "Ģirts Šmits,Jūrmala",
        "Anna Liepa,Valmiera",
        "Zane Krūmiņa,Ventspils",
        "Pēteris Āboliņš,Daugavpils",
        "Inga Zariņa,Liepāja",
    ),
    "Vietnamese": (
        "Nguyễn Văn Đức,Hà Nội",
        "Trần Thị Hồng,Đà Nẵng",
        "Phạm Quốc Việt,Hải Phòng",
        "Lê Thu Hằng,Cần Thơ",
        "Vũ Đình Long,Huế",
        "Đặng Mỹ Duyên,Nha Trang",
        "Bùi Xuân Trường,Đà Lạt",
        "Hoàng Ngọc Ánh,Vũng Tàu",
    ),
    "Thai": (
        "สมชาย ใจดี,กรุงเทพมหานคร",
        "สุดา พงษ์ไพร,เชียงใหม่",
        "วิชัย ทองคำ,ขอนแก่น",
        "มาลี ศรีสุข,ภูเก็ต",
        "ประเสริฐ แก้วมณี,นครราชสีมา",
        "อรุณี วงศ์สวัสดิ์,ลำปาง",
        "ธนา บุญมี,ระยอง",
        "กัญญา รัตนกุล,สงขลา",
    ),
    "simplified Chinese": (
        "王小明,北京市",
        "李芳,上海市",
        "张伟,广州市",
        "刘洋,深圳市",
        "陈静,成都市",
        "杨丽华,南京市",
        "赵国强,武汉市",
        "黄晓燕,西安市",
    ),
    "traditional Chinese": (
        "王小明,臺北市",
        "李雅婷,高雄市",
        "張志豪,臺中市",
        "劉怡君,新竹縣",
        "陳淑芬,臺南市",
        "楊麗華,基隆市",
        "趙國強,嘉義縣",
        "黃曉燕,花蓮縣",
    ),
    "Japanese": (
        "田中一郎,東京都",
        "佐藤さくら,大阪市",
        "鈴木健太,名古屋市",
        "高橋ゆうこ,札幌市",
        "渡辺恵,横浜市",
        "山本タケシ,福岡市",
        "中村あおい,京都市",
        "小林ミキ,仙台市",
    ),
    "Korean": (
        "김민수,서울특별시",
        "이영희,부산광역시",
        "박지훈,대구광역시",
        "최수진,인천광역시",
        "정우성,광주광역시",
        "강미나,대전광역시",
        "조현우,울산광역시",
        "윤서연,제주시",
    ),
}
_ENCODINGS = {
    "German": "cp1252 cp850 mac_roman cp437",
    "French": "cp1252 cp850 mac_roman iso8859_15",
    "Spanish": "cp1252 cp850 mac_roman",
    "Portuguese": "cp1252 cp850 mac_roman",
    "Swedish": "cp1252 cp850 mac_roman",
    "Danish": "cp1252 cp850 mac_roman",
    "Polish": "cp1250 iso8859_2 cp852 mac_latin2",
    "Czech": "cp1250 iso8859_2 cp852 mac_latin2",
    "Hungarian": "cp1250 iso8859_2 cp852",
    "Romanian": "cp1250 iso8859_2",
    "Croatian": "cp1250 iso8859_2 cp852",
    "Russian": "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic",
    "Ukrainian": "cp1251 koi8_u",
    "Bulgarian": "cp1251 iso8859_5",
    "Greek": "cp1253 iso8859_7 cp737 mac_greek",
    "Turkish": "cp1254 iso8859_9 cp857 mac_turkish",
    "Hebrew": "cp1255 cp862",
    "Arabic": "cp1256 iso8859_6",
    "Lithuanian": "cp1257",
    "Latvian": "cp1257",
    "Vietnamese": "cp1258",
    "Thai": "cp874",
    "simplified Chinese": "gbk gb18030",
    "traditional Chinese": "cp950",
    "Japanese": "cp932 euc_jp iso2022_jp",
    "Korean": "cp949 johab",
}
_TONES = "\u0300\u0301\u0303\u0309\u0323"


@dataclass(frozen=True)
class EncodedFile:
    """A CSV file: its language, the codec it was written with, its text and its bytes."""

    language: str
    codec: str
    text: str
    data: bytes

    def __str__(self) -> str:
        return f"{self.language} in {self.codec}"


def encoded_files(rows: int) -> Iterator[EncodedFile]:
    """One file for each language and encoding, with a header and this many of its eight people."""
    for language, people in _PEOPLE.items():
        lines = [f"{person},{100 + 7 * turn},Gold plan renewal" for turn, person in enumerate(people[:rows])]
        text = "\r\n".join(["Name,City,Amount,Note", *lines, ""])
        for codec in _ENCODINGS[language].split():
            written = "".join(map(_with_tone, text)) if codec == "cp1258" else text
            yield EncodedFile(language, codec, written, written.encode(codec))


def _with_tone(letter: str) -> str:
    """A Vietnamese letter in its Windows encoding: the tone follows, other marks are part of the letter."""
    parts = unicodedata.normalize("NFD", letter)
    tones = "".join(part for part in parts if part in _TONES)
    base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return base + tones
