// Chat templates in the manner of well-known ones, written for this, with what they use of Jinja: whitespace control,
// loops with loop.index, slices, namespaces, string methods, filters, tests, raise_exception; and conversations.

export const templates = {
  chatml: "{% for message in messages %}{{ '<|im_start|>' ~ message['role'] ~ '\n' ~ message['content'] ~ '<|im_end|>' ~ '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  headers: "{{ bos_token }}{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
  strict: `{{- bos_token -}}
{%- if messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'].strip() -%}
    {%- set rest = messages[1:] -%}
{%- else -%}
    {%- set system = '' -%}
    {%- set rest = messages -%}
{%- endif -%}
{%- for message in rest -%}
    {%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('roles must alternate user/assistant/user/assistant/...') -}}
    {%- endif -%}
    {%- if message.role == 'user' -%}
        {{- '[INST] ' + (system + '\n\n' if loop.first and system else '') + message.content.strip() + ' [/INST]' -}}
    {%- elif message.role == 'assistant' -%}
        {{- ' ' + message.content.strip() + eos_token -}}
    {%- endif -%}
{%- endfor -%}
`,
  blocks: `{% if messages[0].role == "system" %}
System: {{ messages[0].content }}
    {% set offset = 1 %}
{% else %}
    {% set offset = 0 %}
{% endif %}
{% for message in messages[offset:] %}
    {% if message.role == "user" %}
User {{ loop.index }}: {{ message.content | trim }}
    {% else %}
{{ message.role | capitalize }}: {{ message.content.lstrip() }}{% if not loop.last %}

{% endif %}
    {% endif %}
{% endfor %}
{% if add_generation_prompt %}
Assistant:{% endif %}`,
  counting: `{%- set ns = namespace(users=0, last='') -%}
{%- for message in messages -%}
    {%- if message['role'] == 'user' -%}{%- set ns.users = ns.users + 1 -%}{%- set ns.last = message['content'] -%}{%- endif -%}
    {%- if '</think>' in message['content'] -%}
        {%- set content = message['content'].split('</think>')[-1].lstrip('\n') -%}
    {%- else -%}
        {%- set content = message['content'] -%}
    {%- endif -%}
    {{- '<' ~ message['role'] | upper ~ '>' ~ content ~ '\n' -}}
{%- endfor -%}
{{- 'users=' ~ ns.users ~ (' what' if ns.last.startswith('W') else ' other') ~ ' length=' ~ messages | length -}}
{%- if tools is defined and tools -%}{{- tools | tojson -}}{%- endif -%}
{%- if add_generation_prompt is defined and add_generation_prompt -%}{{- '<ASSISTANT>' -}}{%- endif -%}`,
};

const turn = (role, content) => ({ role, content });
export const conversations = [
  [turn("user", "Hello")],
  [turn("system", "Be brief."), turn("user", "What is 1+1?")],
  [turn("user", "Hi"), turn("assistant", "Hello! How can I help?"), turn("user", "  Tell me a story.\n")],
  [turn("system", "  Speak plainly. \n"), turn("user", "Why?"), turn("assistant", "<think>\nhm\n</think>\n\nBecause."), turn("user", "Who?")],
  [turn("user", "你好 😀 \"quoted\" <b>&amp;</b> it's \\n {{ not a template }} {% nor this %}")],
  [turn("user", "line one\nline two\r\n\ttabbed")],
  [turn("user", "")],
  [turn("user", "a"), turn("user", "b")],
  [turn("assistant", "I begin."), turn("user", "Go on.")],
];
