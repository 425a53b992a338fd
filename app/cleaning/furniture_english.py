"""What page furniture says in English, sorted by reason.

Patterns read lower-case text from the beginning of a line; "$" makes a rule cover the whole line.
"""

from __future__ import annotations

from app.cleaning.ledger import Reason
from app.cleaning.rules import Rule

ENGLISH: tuple[Rule, ...] = (
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r"(?:it looks like|we(?:'|’)ve (?:noticed|detected)|we (?:have )?(?:noticed|detected|see)|"
        r"you appear to be|looks like)"
        r"(?: that)?(?: you(?:'|’)re| you are| your| using| an?)* ?(?:browser is )?(?:using |running |"
        r"blocking )?an? ?ad(?:vert)?[- ]?block",
        "en",
        "It looks like you're using an ad blocker",
        ("It looks like a block of ice broke off the glacier.",),
    ),
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r"(?:please |kindly )?(?:disable|turn off|switch off|whitelist|pause) (?:your |"
        r"the )?ad(?:vert)?[- ]?block.{0,80}$",
        "en",
        "Please turn off your ad blocker to continue",
        ("Disable the alarm first, the guard said.",),
    ),
    Rule(
        Reason.AD_BLOCKER_NOTICE,
        r"(?:ad(?:vt|vert)?[- ]?block(?:er|ing)?)s? (?:is |has been |was )?(?:detected|enabled|found)[.!]?$",
        "en",
        "Adblocker detected!",
        ("Blocker detected in the enzyme, the study says.",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:sponsored|promoted|anzeige|ad): \S.{0,140}$|(?:- ?)?(?:advertisements?|advertorial|"
        r"sponsored(?: content| links?| post)?|promoted(?: content)?|paid content|ads?)"
        r"(?: ?[-–|:•] ?(?:continue reading below|scroll to continue.{0,20}|story continues below|"
        r"remove ads?))?(?: -)?$",
        "en",
        "Advertisement - Continue Reading Below",
        ("Advertisement spending fell by a tenth.",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"\W{0,3}(?:story|article) continues (?:below|after)(?: this)?(?: the)?(?: advertisement| ad|"
        r" video)?\W{0,3}$",
        "en",
        "Story continues below advertisement",
        ("Story continues to fascinate readers",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:we|this (?:article|post|page|site)) (?:may (?:earn|receive|contain)|"
        r"contains) .{0,40}(?:commission|affiliate).{0,120}$",
        "en",
        "We may earn a commission from links on this page.",
        ("We may earn less this year, the baker said.",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:advertise with us|report this ad|remove ads"
        r"|why am i seeing this ad\??|skip ad(?:vertisement)?)$",
        "en",
        "Report this ad",
        ("Report this adder if you see it",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:if|when) you (?:purchase|buy|shop|click|register)\b.{0,120}\b(?:we|us|our) "
        r"(?:may|might|will|can) (?:receive|earn|get|be paid)\b",
        "en",
        "If you buy something through our links, we may earn a commission.",
        ("If you buy something at the market, we may be rained on.",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"(?:[\w.'’-]{1,20} ){1,5}(?:may|might|will) (?:earn|receive|get) (?:an?|some) "
        r"(?:affiliate commission\b|commission (?:from|on|through) (?:retail|links|purchases|our)\b)",
        "en",
        "The Quay may get a commission from retail offers.",
        ("Brokers may earn a commission on each house.",),
    ),
    Rule(
        Reason.ADVERTISEMENT,
        r"ad(?:vertising)? (?:policy|choices|feedback)\W{0,2}$",
        "en",
        "Ad Policy",
        ("Ad policy divides the ministers",),
    ),
    Rule(
        Reason.AUTHOR_BIO,
        r"(?:about the (?:authors?|writer)|more (?:stories )?(?:by|from) this (?:author|writer)|"
        r"see all (?:posts|articles) by .{1,60}"
        r"|(?:view|read) (?:full )?(?:bio|profile)|follow the author)\W{0,2}$",
        "en",
        "About the author",
        ("About the author little is known, but his book sells.",),
        opens=True,
    ),
    Rule(
        Reason.AUTHOR_BIO,
        r"[^.!?]{3,50} is (?:an?|the) (?:"
        r"(?:[\w-]{1,20} ){0,6}(?:reporter|correspondent|journalist|columnist|editor|writer|contributor|"
        r"producer|freelancer)(?:,? (?:and|&) [\w -]{2,30})? (?:at|for|with|covering|based|who)\b"
        r"|[^!?]{0,80}\bcontributing (?:editor|writer|columnist|reporter)\b"
        r"|(?:[\w-]{1,20} ){0,3}(?:opinion|deputy|senior|managing|associate|staff|news) (?:[\w-]{1,20} )?"
        r"(?:editor|writer|reporter|correspondent|columnist|producer)\.$)",
        "en",
        "Nora Feld is a senior reporter covering transport in the north.",
        ("He is a reporter, and reporters are curious.",),
    ),
    Rule(
        Reason.AUTHOR_BIO,
        r"is an? (?:[a-z-]{2,20} ){0,4}(?:professor|lecturer|fellow|reporter|editor|writer|columnist|"
        r"journalist|correspondent|author|contributor)\b[^?]{0,200}$",
        "en",
        "Is a visiting senior lecturer at the Harbour College.",
        ("Is a professor right to strike over pay?",),
    ),
    Rule(
        Reason.AUTHOR_BIO,
        r"(?:(?:[\w.'’-]{1,20} ){1,3}(?:[\w.'’-]{1,20}: [\w.+-]{1,40}@|\([\w.+-]{1,40}@[\w.-]{3,60}\) is )|"
        r"(?:reach|contact|e-?mail) (?:the (?:reporters?|writers?|authors?)|[a-z]+(?: [a-z]+)?) "
        r"(?:on|at|via|by|with)\b.{0,100}(?:@|twitter|signal))",
        "en",
        "Reach the reporter at ida@quay.example or on Twitter.",
        ("Reach the island by ferry, the guide says.",),
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:(?:leave|post|write|add|submit) (?:a |your |an? )?(?:comment|reply)|"
        r"join the (?:conversation|discussion)"
        r"|(?:view|show|hide|see|read|load)(?: all| more)? ?(?:\d[\d,.]* )?comments?(?: \(\d+\))?|"
        r"no comments(?: yet)?"
        r"|comments?(?: \(\d+\)| are closed| section)?|be the first to comment|"
        r"your email address will not be published.{0,80}"
        r"|log ?in to (?:comment|reply)|(?:sort by )?(?:newest|oldest|most liked) first|"
        r"what do you think\?.{0,60})\W{0,3}$",
        "en",
        "Leave a comment",
        ("Comment from the ministry was not available.",),
        opens=True,
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:do you have|have you got|got|have) (?:an? |any )?(?:opinion|view|story|stories|news|news tip|"
        r"tip|information|question)s?\b[^.!?]{0,100}\?"
        r"(?=.{0,200}(?:e-?mail|contact|call us|whatsapp|submit|click|get in touch|let us know|@)).{0,300}$",
        "en",
        "Got a story? Email our newsdesk.",
        ("Do you have any information? the officer asked.", "Got a story that nobody believes? So had she."),
    ),
    Rule(
        Reason.COMMENTS,
        r"(?:(?:note: )?we(?: are|['’]re) (?:temporarily )?moderating (?:all )?comments|as you comment,|"
        r"(?:posting comments|comments?|commenting) (?:is|are) (?:now |currently |only )?"
        r"(?:limited to|closed|reserved for|disabled|turned off)\b|join our .{0,40}\b(?:forums?|community)\b|"
        r"share your (?:thoughts|opinions?|views|comments)\b.{0,60}$)",
        "en",
        "Posting comments is now limited to subscribers only.",
        ("Comments are rare from a minister who hates the press.", "Join our men, the poster said."),
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:we(?: and our (?:\d+ )?partners)?|this (?:web)?site|our (?:web)?site) (?:use|uses|store|"
        r"stores) .{0,60}cookies?\b",
        "en",
        "We use cookies to improve your visit.",
        ("We use butter in our biscuits.",),
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"(?:(?:accept|allow|reject|manage|decline)(?: all)?(?: cookies?| preferences| choices)?|"
        r"cookies? (?:settings|preferences|policy|notice|consent)"
        r"|privacy (?:and cookies?|& cookies?|settings|preferences|manager)(?: policy| notice)?|"
        r"your privacy choices|manage consent"
        r"|do not (?:sell|share)(?: or share)? my (?:personal )?(?:data|info|information)|"
        r"we value your privacy)\W{0,2}$",
        "en",
        "Cookie settings",
        ("Accept defeat or fight on",),
    ),
    Rule(
        Reason.COOKIE_NOTICE,
        r"by (?:using|continuing to use|browsing|visiting) (?:this|our|"
        r"the) (?:web)?site,? you (?:consent|agree|accept)",
        "en",
        "By using this site, you agree to our use of cookies.",
        ("By using this valve, you lower the pressure.",),
    ),
    Rule(
        Reason.COPYRIGHT,
        r"(?:all (?:content )?)?(?:copyright|\(c\)|©)(?: ?(?:copyright|©|\(c\)|by|notice|"
        r"policy))? ?\W{0,2}(?:(?:19|20)\d\d\b.{0,200}|"
        r"[^.]{0,60})\.?(?: all rights reserved.{0,120})?$",
        "en",
        "© 2031 The Harbour Gazette. All rights reserved.",
        ("Copyright law will change in spring. The bill passed.",),
    ),
    Rule(
        Reason.COPYRIGHT,
        r"(?:all rights reserved|(?:this|the) (?:material|article|document|content|story|"
        r"report) (?:may not be|is subject to copyright|is protected"
        r"|was (?:originally |first )?published (?:on|by|in))|no part of this (?:article|publication|"
        r"site)|reproduction (?:in whole|without))\b",
        "en",
        "This material may not be published or rewritten.",
        ("This material may be lighter than steel.",),
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:skip|jump) to (?:main |the )?(?:content|navigation|search|footer|article|primary.{0,12}|"
        r"comments)\W{0,2}$",
        "en",
        "Skip to main content",
        ("Skip to the last chapter",),
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:back|return|go|scroll) to (?:the )?(?:top|home ?page|home|main page|start|gallery)(?: (?:button|"
        r"of page|of the page))?\W{0,2}$",
        "en",
        "Back to top button",
        ("Back to the mountains for the holidays",),
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:home(?: ?page)?|menu|main menu|search|close(?: menu)?|open (?:menu|navigation)|"
        r"toggle (?:menu|navigation|search)|navigation|breadcrumbs?|sections?"
        r"|(?:log|sign) ?(?:in|out)|log ?on|my account|register|contact(?: us)?|about(?: us)?|"
        r"help(?: cent(?:re|er))?|faqs?|careers|site ?map|privacy(?: policy| notice)?"
        r"|terms(?: (?:of|and|&) (?:use|service|conditions))?|accessibility(?: statement)?|imprint|"
        r"legal(?: notice)?|rss(?: feeds?)?|e-?paper|archives?|subscriptions?"
        r"|(?:next|previous|prev|older|newer)(?: (?:article|post|story|page))?|load more|show more|"
        r"see more|view all|read more|more|all|print(?: edition)?|edit|loading)\W{0,3}$",
        "en",
        "Privacy Policy",
        ("Contact with the submarine was lost.",),
    ),
    Rule(
        Reason.NAVIGATION,
        r"(?:home|news) ?(?:[>›»/|] ?[^>›»/|]{2,40}){1,6}$",
        "en",
        "Home > World > Europe",
        ("Home prices rose again",),
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:(?:please )?(?:sign up|subscribe|register) (?:here |now |today |free )*(?:for|to|and get|"
        r"to get|to receive) (?:our|the|my|a|your|free|daily|weekly|breaking)\b.{0,60}"
        r"(?:newsletters?|inbox|alerts?|briefing|updates|e-?mails?)|get (?:the|our|all the|more|"
        r"breaking|unlimited|real-time|[a-z]+ news).{0,80}(?:inbox|newsletter|by e-?mail|updates)"
        r"|by (?:signing up|subscribing|submitting|providing|clicking|registering).{0,80}\b(?:agree|"
        r"consent|newsletter|terms))",
        "en",
        "Sign up for our daily newsletter and get the news in your inbox",
        ("Sign up for our army, the poster said.",),
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:skip past|after) newsletter promotion$|privacy notice: newsletters may contain\b.{0,200}$|"
        r"(?:the|our) (?:[\w&'’]+ ){1,5}newsletter\b.{0,160}\bsign up (?:here|now|today|below)\W{0,3}$",
        "en",
        "The Quay Daily Briefing newsletter provides all the news you need. Sign up here.",
        ("The company newsletter told staff to sign up.", "After newsletter promotions, sales rose."),
    ),
    Rule(
        Reason.NEWSLETTER,
        r"[^.!?]{0,120}\b(?:to|in) your inbox\b.{0,60}$",
        "en",
        "The best of the coast, in your inbox every weekday.",
        ("There is spam in your inboxes.",),
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:(?:our |the |daily |weekly |free |e-?mail |more )*newsletters?(?: sign-?up)?|"
        r"subscribe to (?:our )?newsletter|(?:enter |your |e-?mail |email )+address\W{0,2}|"
        r"sign up(?: now| here| today)?"
        r"|thank(?:s| you) for (?:signing up|subscribing).{0,60}|never miss (?:a story|"
        r"an update).{0,40})\W{0,2}$",
        "en",
        "Enter your email address",
        ("Newsletter wars have begun.",),
    ),
    Rule(
        Reason.NEWSLETTER,
        r"(?:(?:want|for|get|don['’]t|curious|like|love|looking|keep|stay)\b.{0,100}\b(?:sign up|subscribe|"
        r"register) (?:here )?(?:for|to) (?:my|our|the|your|a|free|\w+['’]s)\b.{0,60}\b(?:newsletters?|"
        r"e-?course|briefings?)\b|stay (?:informed|up[- ]to[- ]date) with |"
        r"subscribe to [^.!?]{2,30} and (?:stay|get|never|receive|enjoy)\b)",
        "en",
        "Want more film news? Sign up for The Quay’s free newsletter to get the latest trailers.",
        ("Fishermen may sign up for the fleet in May.", "Subscribe to the fund and pray, he said."),
    ),
    Rule(
        Reason.PLAYER,
        r"(?:(?:listen to|play|watch|pause|mute|unmute)(?: (?:this|the))?(?: (?:article|story|video|"
        r"audio|live|podcast|now))?(?: (?:now|here|\d{1,2} min(?:utes?)?))?"
        r"|video player is loading.{0,20}|(?:image|photo|slide|picture) \d{1,3} (?:of|"
        r"/)(?: ?/)? ?\d{1,3}|\d{1,2} ?/ ?\d{1,2}|video|audio|gallery|photos|live|duration|volume|"
        r"fullscreen"
        r"|to view this (?:video|content).{0,160}|your browser does not support.{0,80}|"
        r"please enable javascript.{0,120}|click to (?:enlarge|expand|play).{0,30}|hide caption|"
        r"toggle caption|enlarge this image)\W{0,2}$",
        "en",
        "Listen to this article",
        ("Watch this space, the mayor said.",),
    ),
    Rule(
        Reason.READ_COUNTER,
        r"\W{0,3}(?:est(?:imated)?\.? )?(?:(?:reading|read) time:? ?(?:about |"
        r"approx\.? )?)?\d{1,3} ?-?(?:min(?:ute)?s?|"
        r"mins?)\.?(?: (?:of )?read(?:ing)?(?: time)?)\W{0,2}$",
        "en",
        "4 min read",
        ("4 minutes later it rained",),
    ),
    Rule(
        Reason.READ_COUNTER,
        r"(?:reading|read) time\W{1,3}\d{1,3} ?min(?:ute)?s?\W{0,2}$",
        "en",
        "Reading time: 3 minutes",
        ("Reading time is precious",),
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"\W{0,3}(?:related(?: (?:articles?|stories|story|posts?|news|links?|content|topics?|coverage|"
        r"reading|videos?))?"
        r"|(?:read|see) (?:also|next|this next)|also (?:read|in|on).{0,20}|you (?:may|"
        r"might) (?:also )?(?:like|be interested in).{0,20}|recommended(?: (?:for you|stories|"
        r"articles|reading))?"
        r"|more (?:stories|news|articles|like this|to read|for you|on this(?: story| topic)?|"
        r"top stories|headlines|(?:from|in|on) [^.!?]{2,30})|most (?:popular|read|viewed|shared|"
        r"commented|recent)(?: .{0,20})?"
        r"|(?:top|latest|trending|popular|editors?['’]?s?|recent|featured|other|"
        r"today['’]?s?)(?: (?:stories|news|headlines|posts|articles|now|picks?|choice|videos?|topics|"
        r"top))+|trending(?: now)?|up next|don['’]t miss"
        r"|what to read next|keep reading|further reading|in this (?:story|article)|"
        r"from (?:around )?the web|around the web|elsewhere on.{0,30}|latest)\W{0,3}$",
        "en",
        "Related Articles",
        ("Related crimes rose in the north",),
        opens=True,
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"\W{0,3}(?:read more|read also|also read|see also|related(?: (?:news|stor(?:y|ies)|articles?|links?|"
        r"coverage|videos?))?|read next|watch|recommended|"
        r"more on this|must read|don['’]t miss)(?: (?:here|on this))? ?[:|»>–-] ?\S.{0,180}$",
        "en",
        "READ MORE: Harbour ferry back in service",
        ("Related costs: none, said the auditor, were hidden. Nobody asked. It was over.",),
    ),
    Rule(
        Reason.RELATED_LINKS,
        r"(?:people are also reading|people also (?:read|ask)|readers also liked|"
        r"others (?:are|also) read(?:ing)?)\W{0,3}$",
        "en",
        "People are also reading…",
        ("People are also reading less, the survey says.",),
        opens=True,
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"\W{0,3}(?:(?:share|tweet|post|email|e-mail|print|pin|copy|copy link|copy url|link copied!?|"
        r"save|bookmark|facebook|twitter|x|whatsapp|telegram|linkedin|reddit|pinterest|instagram"
        r"|youtube|tiktok|threads|bluesky|mastodon|messenger|flipboard|pocket|tumblr|viber|line|weibo|"
        r"wechat|email|sms|gift|link|icon|share|on|via|to|this|the|with|a friend|friends|article|"
        r"story|post|page|in|by|or|and|logo|follow|us|mail)\b[ ,|/·•&():+-]{0,3}){1,10}$",
        "en",
        "Share on Facebook",
        ("Share prices fell", "Facebook and Twitter fined"),
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"(?:join (?:us on|our) (?:whatsapp|telegram|facebook|discord|viber|channel|community|"
        r"group).{0,60}|share (?:this(?: (?:article|story|post|page|on|with|via).{0,60})?|"
        r"article.{0,30}|on .{2,30}|via .{2,30}|link|full article)|send (?:this|to a friend).{0,30}"
        r"|follow (?:us|@\w+|on|our).{0,60}|like us on.{0,40}|click to (?:share|email|print|"
        r"copy).{0,60}|opens in (?:a )?new window.{0,20}|\d[\d,.]*[km]? shares?|find us on.{0,30}|"
        r"connect with us.{0,20})\W{0,3}$",
        "en",
        "Follow us on Instagram",
        ("Follow on legislation may come, he said, in the autumn of the coming year or later.",),
    ),
    Rule(
        Reason.SHARE_LINKS,
        r"\W{0,3}follow [^.!?]{2,50} on (?:instagram|bbc sounds|twitter|facebook|snapchat|x|tiktok|youtube|"
        r"threads|linkedin|bluesky)\b.{0,120}$",
        "en",
        "Follow The Quay on Instagram, Facebook and YouTube.",
        ("Follow the river on foot",),
    ),
    Rule(
        Reason.SUBSCRIPTION,
        r"(?:(?:subscribe|subscribers?(?: only)?|become a (?:member|subscriber|supporter)|"
        r"subscribe (?:now|today|here)|support (?:us|our (?:journalism|work)|independent journalism)|"
        r"donate(?: now)?|contribute|membership"
        r"|already (?:a subscriber|have an account|a member|subscribed)\?.{0,40}|"
        r"start your free trial.{0,30}|unlock (?:this|the) (?:article|story).{0,30}|create (?:a free|"
        r"an?|your) account.{0,30}|manage (?:my |your |print )?subscriptions?|gift subscriptions?|"
        r"premium)\W{0,3}"
        r"|(?:you have|you['’]ve) (?:reached|\d+|read|used).{0,40}(?:free|remaining|articles?|"
        r"limit).{0,60}|(?:this|the) (?:article|content|story) is (?:for|only|available|exclusive|"
        r"reserved).{0,40}(?:subscribers|members).{0,60}"
        r"|(?:to (?:continue|keep) reading|continue reading|want to read more|read the full (?:story|"
        r"article)).{0,60}|enjoyed this (?:story|article)\?.{0,120}|if you (?:enjoyed|liked|value|"
        r"appreciate) .{0,40}(?:article|journalism|story|work).{0,160})$",
        "en",
        "Already a subscriber? Log in",
        ("Subscribe or not, the choice is theirs, he said.",),
    ),
    Rule(
        Reason.SUBSCRIPTION,
        r"(?:to (?:revisit|save|read|access|view) this (?:article|story|page),? (?:select|visit|log|sign|"
        r"subscribe|register)\b|wait! before you go\b)",
        "en",
        "To revisit this article, select My Account, then View saved stories",
        ("To view this village, visitors cross the bridge.",),
    ),
    Rule(
        Reason.TAGS,
        r"(?:tags?|topics?|keywords?|filed under|tagged(?: with| in| as)?|categories|labels?|"
        r"posted (?:in|under)|published under|more on|in this article)(?:: ?.{0,250}| ?[|#].{0,250})?$",
        "en",
        "Tags: harbour, ferry, storm",
        ("Topics such as rent were avoided.",),
    ),
    Rule(
        Reason.TRACKING,
        r"(?:verified|protected|powered|secured|monitored|measured|designed|developed|built|hosted|"
        r"web ?site|created) (?:and \w+ )?by [^.,;:]{2,40}\.?$",
        "en",
        "Powered by WordPress",
        ("Built by hand in four years, the boat sank.",),
    ),
    Rule(
        Reason.TRACKING,
        r"(?:this (?:site|page) is protected by recaptcha|google (?:analytics|tag manager)|recaptcha|"
        r"chartbeat|comscore|hotjar|statcounter|monsterinsights|matomo|piwik)\b.{0,120}$",
        "en",
        "This site is protected by reCAPTCHA and the privacy policy applies.",
        ("This site is protected by law, and divers are fined.",),
    ),
)
