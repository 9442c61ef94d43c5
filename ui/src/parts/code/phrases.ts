import { EditorState, type Extension } from "@codemirror/state";

const CHINESE = {
  Find: "查找",
  Replace: "替换为",
  next: "下一个",
  previous: "上一个",
  all: "全选",
  "match case": "区分大小写",
  "by word": "全字匹配",
  regexp: "正则表达式",
  replace: "替换",
  "replace all": "全部替换",
  close: "关闭",
  "Go to line": "转到行",
  go: "转到",
  "current match": "当前匹配",
  "on line": "所在行",
  "replaced $ matches": "已替换 $ 处",
  "replaced match on line $": "已替换第 $ 行的匹配",
  "Control character": "控制字符",
  "Selection deleted": "已删除所选内容",
  "$ unchanged lines": "$ 行未变",
};

/** The editor's own words. */
export function phrases(language: string): Extension {
  return language === "zh-CN" ? EditorState.phrases.of(CHINESE) : [];
}
