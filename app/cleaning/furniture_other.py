"""What page furniture says in other languages than English: ten European and Asian ones.

Sorted by reason, then language. Patterns read lower-case text from the beginning of a line.
"""

from __future__ import annotations

from app.cleaning.ledger import Reason
from app.cleaning.rules import Rule

OTHER_LANGUAGES: tuple[Rule, ...] = (
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r".{0,40}(?:werbeblocker|adblocker?)\b.{0,40}(?:deaktivier|erkannt|ausschalten|aktiv)",
        "de",
        "Bitte deaktivieren Sie Ihren Adblocker und den Werbeblocker: Adblocker erkannt",
    ),
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r".{0,60}bloqueur de (?:publicité|pub)s?\b.{0,120}$",
        "fr",
        "Vous utilisez un bloqueur de publicité",
    ),
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r".{0,60}bloqueador de (?:anuncios|anúncios)\b.{0,120}$",
        "es",
        "Desactive su bloqueador de anuncios",
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:- )?(?:anzeigen?|werbung|sponsored)(?: -)?$",
        "de",
        "Anzeige",
        ("Anzeigen gegen Raser nehmen zu",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:publicité|la suite après (?:cette|la) publicité|annonce)$",
        "fr",
        "Publicité",
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:publicidad|publicidade|pubblicità|advertentie|reclame|реклама|إعلان|реклама)$",
        "es",
        "Publicidad",
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:広告|[\[［【]?ad[\]］】]?|pr|スポンサーリンク|广告)$",
        "ja",
        "広告",
        ("広告費が過去最高になった。",),
    ),
    Rule(
        Reason.AUTHOR_BIO,
        r"(?:über den autor|über die autorin|zur person|zum autor)\W{0,2}$",
        "de",
        "Über den Autor",
        opens=True,
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:\d+ )?(?:kommentare?|kommentar (?:schreiben|verfassen)|kommentare (?:anzeigen|lesen|"
        r"ansehen)|diskutieren sie mit|leserkommentare)(?: \(\d+\))?\W{0,2}$",
        "de",
        "Kommentare (12)",
        ("Kommentar der Redaktion",),
        opens=True,
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:\d+ )?(?:commentaires?|laisser un commentaire|réagir|"
        r"ajouter un commentaire)(?: \(\d+\))?\W{0,2}$",
        "fr",
        "Laisser un commentaire",
        opens=True,
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:\d+ )?(?:comentarios?|comentários?|deja un comentario|deixe (?:um|seu) comentário|"
        r"commenti|lascia un commento|reacties|комментарии)(?: \(\d+\))?\W{0,2}$",
        "es",
        "Deja un comentario",
        opens=True,
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:コメント(?:する|を書く|欄|一覧)?|评论|發表評論|发表评论"
        r"|댓글|تعليقات|التعليقات)(?: ?[(（]?\d+[件)）]?)?$",
        "ja",
        "コメントを書く",
        opens=True,
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:wir (?:verwenden|nutzen) cookies|(?:alle )?(?:cookies )?(?:akzeptieren|ablehnen)$|"
        r"cookie-einstellungen$|datenschutzeinstellungen$|privatsphäre.{0,20}$)",
        "de",
        "Wir verwenden Cookies, um die Seite zu verbessern.",
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:nous utilisons des cookies|(?:tout )?(?:accepter|refuser)(?: les cookies)?$|gérer (?:les|"
        r"mes) cookies$|politique de cookies$|en poursuivant votre navigation)",
        "fr",
        "Nous utilisons des cookies.",
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:(?:utilizamos|usamos|utilizziamo|questo sito utilizza|este (?:sitio|"
        r"site) (?:web )?(?:utiliza|usa)|wij gebruiken) (?:i )?cookies?|(?:aceptar|aceitar|"
        r"accetta)(?: todas?| tutti| todos)?(?: (?:las|os|i) )?(?:cookies?)?$|política de cookies$)",
        "es",
        "Utilizamos cookies propias y de terceros.",
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:(?:当サイト|このサイト)(?:で)?は.{0,10}(?:cookie|クッキー)|プライバシーポリシー$|个人信息保护$|本网站使用.{0,6}cookie)",
        "ja",
        "当サイトはCookieを使用しています。",
    ),
    Rule(
        Reason.COPYRIGHT,
        r"(?:alle rechte vorbehalten|tous droits réservés|todos los derechos reservados|"
        r"todos os direitos reservados|tutti i diritti riservati|reproduction interdite|"
        r"alle rechten voorbehouden|все права защищены|جميع الحقوق محفوظة)",
        "de",
        "Alle Rechte vorbehalten.",
    ),
    Rule(
        Reason.COPYRIGHT,
        r"(?:.{0,30}(?:無断転載|无断转载|転載を禁|版权所有|版權所有|著作権は)|copyright.{0,40}無断|无线转载|未经授权)",
        "ja",
        "記事の無断転載を禁じます",
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:startseite(?: ?[>›»/|] ?[^>›»/|]{2,40}){0,5}|menü|suche|anmelden|abmelden|registrieren|"
        r"impressum|datenschutz(?:erklärung|hinweise)?|kontakt|agb|nach oben|zum (?:inhalt|"
        r"seitenanfang|hauptinhalt)(?: springen)?|schließen|weiterlesen|mehr|merken|drucken|vorlesen|"
        r"zur startseite|mediadaten)\W{0,3}$",
        "de",
        "Zum Inhalt springen",
        ("Mehr Regen im Mai",),
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:accueil(?: ?[>›»/|] ?[^>›»/|]{2,40}){0,5}|menu|politique de confidentialité|"
        r"confidentialité|rechercher|recherche|connexion|se connecter|s'inscrire|mentions légales|"
        r"contact|haut de page|aller au contenu(?: principal)?|fermer|lire la suite|retour (?:en haut|"
        r"à l'accueil)|plan du site|imprimer)\W{0,3}$",
        "fr",
        "Aller au contenu",
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:(?:inicio|início)(?: ?[>›»/|] ?[^>›»/|]{2,40}){0,5}|menú|política de (?:privacidad|"
        r"privacidade)|informativa sulla privacy|buscar|iniciar sesión|entrar|aviso legal|contacto|"
        r"contato|volver arriba|ir al contenido|cerrar|leer más|ler mais|leggi tutto|leia mais|cerca|"
        r"accedi|home page|voltar ao topo|torna su|imprimir|stampa|zoeken|inloggen|naar boven|главная|"
        r"поиск|الرئيسية|بحث)\W{0,3}$",
        "es",
        "Volver arriba",
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:(?:本文|コンテンツ)へ(?:スキップ|移動|ジャンプ)|ホーム(?: ?[>＞›»/] ?[^>＞›»/]{1,20}){0,5}"
        r"|個人情報(?:の取り扱い|"
        r"保護方針).{0,10}|トップ(?:ページ)?(?:へ(?:戻る)?)?|メニュー|検索|ログイン|会員登録|お問い合わせ|ページ(?:の)?(?:トップ|"
        r"先頭)(?:へ(?:戻る)?)?|一覧(?:へ|を見る)?|続きを読む|もっと見る|次へ|前へ|閉じる|利用規約|首页|返回(?:顶部|首页)|登录|注册|搜索|菜单|关于我们|"
        r"联系我们|홈|검색|로그인|맨 위로|이미지 ?확대(?: ?보기)?)$",
        "ja",
        "ページトップへ戻る",
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:newsletter(?: (?:abonnieren|bestellen|anmelden)|: .{2,80})?|"
        r"jetzt (?:kostenlos )?anmelden.{0,60}|jetzt (?:kostenlos )?(?:für den|zum) newsletter.{0,60}|"
        r"abonnieren sie (?:unseren|den).{0,60}newsletter.{0,60}|.{0,40}per e-?mail (?:erhalten|"
        r"abonnieren).{0,40})\W{0,3}$",
        "de",
        "Newsletter abonnieren",
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:(?:recevez|inscrivez-vous|abonnez-vous).{0,60}(?:newsletter|lettre d[’']information)|"
        r"suscríb[ae](?:te|se).{0,60}(?:newsletter|boletín)|(?:assine|receba).{0,60}newsletter|"
        r"iscriviti.{0,60}newsletter|schrijf je in.{0,60}nieuwsbrief)",
        "fr",
        "Inscrivez-vous à notre newsletter",
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:メルマガ|メールマガジン|ニュースレター)(?:登録|の登録|に登録|を購読)?.{0,10}$",
        "ja",
        "メールマガジン登録",
    ),
    Rule(
        Reason.READ_COUNTER,
        r"(?:lesezeit|temps de lecture|lecture|tiempo de lectura|tempo de leitura|tempo di lettura|"
        r"leestijd)\W{0,3}(?:env\.? |ca\.? )?\d{1,3} ?min.{0,10}$",
        "de",
        "Lesezeit: 4 Minuten",
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"(?:(?:mehr|weitere) (?:zum thema|artikel|nachrichten|meldungen|themen|news|aus.{0,30})|"
        r"lesen sie (?:auch|mehr|dazu|hier).{0,150}|das könnte (?:sie|dich|"
        r"ihnen) (?:auch )?(?:interessieren|gefallen)|auch interessant|zum thema|meistgelesen.{0,20}|"
        r"meist gelesen|verwandte (?:artikel|themen)|passend dazu|top-?news|aktuelle nachrichten|"
        r"neueste (?:artikel|nachrichten))\W{0,3}$",
        "de",
        "Mehr zum Thema",
        ("Mehr zum Thema Rente verrät die Ministerin nicht, sagte sie am Montag in Berlin vor der Presse.",),
        opens=True,
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"(?:(?:à )?lire aussi\b.{0,290}|sur le même (?:sujet|thème)|articles? (?:liés|similaires|"
        r"associés|recommandés)|les plus lus|à voir aussi.{0,100}|plus d'articles|vous aimerez aussi|"
        r"à la une|dernières (?:actualités|infos|nouvelles))\W{0,3}$",
        "fr",
        "À lire aussi",
        opens=True,
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"(?:(?:noticias|artículos|temas|notícias|matérias|contenido|conteúdo) (?:relacionad[oa]s?)|"
        r"lea también\b.{0,150}|te puede interesar.{0,100}|(?:lo )?más (?:leído|visto)s?|mais lidas|"
        r"leia (?:também|mais)\b.{0,150}|leggi anche\b.{0,150}|articoli correlati|i più letti|"
        r"potrebbe interessarti.{0,40}|lees ook\b.{0,150}|meest gelezen|gerelateerd.{0,20}|"
        r"veja também.{0,60}|читайте также.{0,100}|اقرأ أيضا.{0,100})\W{0,3}$",
        "es",
        "Noticias relacionadas",
        opens=True,
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"(?:【?関連(?:記事|ニュース|リンク|キーワード|トピックス|サイト|ワード)】?.{0,10}|あわせて読みたい|おすすめ(?:記事|の記事)?|(?:アクセス)?ランキング|"
        r"人気記事|新着記事|最新(?:記事|ニュース)|注目(?:の)?記事|(?:相关|相關)(?:新闻|新聞|阅读|閱讀|报道|報導|链接).{0,5}|延伸阅读|延伸閱讀|推荐阅读|"
        r"热门(?:新闻|文章)|관련 ?기사|많이 본 뉴스)$",
        "ja",
        "関連記事",
        ("関連記事の掲載をやめると同社は発表した。",),
        opens=True,
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"(?:teilen|artikel teilen|auf (?:facebook|twitter|x|whatsapp) teilen|per e-?mail (?:senden|"
        r"teilen|versenden)|folgen sie uns.{0,40}|link kopieren|merkliste|facebook teilen|"
        r"jetzt teilen)\W{0,3}$",
        "de",
        "Auf Facebook teilen",
        ("Teilen ist schwer",),
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"(?:partager(?: (?:cet |l[’'])?(?:article|sur .{2,30}))?|suivez-nous.{0,40}|(?:envoyer|"
        r"partager) par e-?mail|compart(?:ir|e|ilhar|ilhe)(?: (?:en|no|na|por|esta|este|via).{0,30})?|"
        r"síguenos.{0,40}|siga-nos.{0,40}|condividi.{0,30}|seguici.{0,40}|delen|deel dit.{0,30}|"
        r"поделиться|مشاركة|شارك.{0,20})\W{0,3}$",
        "fr",
        "Partager sur Facebook",
        ("Partager le gâteau sera difficile",),
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"(?:シェア(?:する)?|(?:x|facebook|twitter|line)で(?:ポスト|シェア|送る|共有)(?:する)?|ツイート(?:する)?|"
        r"この記事をシェア.{0,10}|ブックマーク|印刷(?:する)?|line(?:で送る)?|フォローする|分享(?:到.{0,10}|至.{0,10})?|转发|收藏|打印|"
        r"공유(?:하기)?|스크랩|인쇄)$",
        "ja",
        "この記事をシェア",
    ),
    Rule(
        Reason.SUBSCRIPTION,
        r"(?:.{0,30}(?:jetzt abonnieren|zum abo|abo-?angebote|e-?paper lesen)|"
        r"bereits abonnent\?.{0,40}|nur für abonnenten.{0,40}|abonnieren|abo|plus-?artikel|"
        r"weiter mit.{0,40}abo.{0,30}|(?:cet )?article (?:est )?réservé aux abonnés.{0,60}|"
        r"s[’']abonner|abonnez-vous(?: à partir de .{2,40}| pour .{2,40})?|je m[’']abonne|"
        r"déjà abonné ?\?.{0,40}|suscríbete|suscribirse|exclusivo para suscriptores.{0,40}|"
        r"(?:conteúdo )?exclusivo para assinantes.{0,40}|abbonati|assine)\W{0,3}$",
        "de",
        "Jetzt abonnieren",
    ),
    Rule(
        Reason.SUBSCRIPTION,
        r"(?:この記事は(?:有料|会員).{0,40}|有料会員.{0,40}|会員限定.{0,20}|残り?\d+文字.{0,20}|続きは.{0,20}(?:会員|登録).{0,20}|"
        r"(?:無料)?会員登録(?:は|する|して).{0,12})$",
        "ja",
        "この記事は有料会員限定です",
    ),
    Rule(
        Reason.SUBSCRIPTION,
        r"(?:il vous reste \d{1,2}(?:[.,]\d+)? ?% de cet article|紙の新聞の定期購読者)",
        "fr",
        "Il vous reste 57.09% de cet article à lire.",
        ("Il vous reste 57 jours pour voter.",),
    ),
    Rule(
        Reason.TAGS,
        r"(?:schlagwörter|stichwörter|themen|mots[- ]clés|étiquettes|sujets|etiquetas|temas|"
        r"palabras clave|palavras-chave|argomenti|trefwoorden|теги|キーワード|タグ|关键词|關鍵詞|标签|"
        r"標籤)(?:[:：] ?.{0,250})?$",
        "de",
        "Schlagwörter: Hafen, Fähre",
    ),
)
