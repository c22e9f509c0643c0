/** Hints follow a message and its full stop, so each is a sentence of its own: in all of src. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const source = join(dirname(fileURLToPath(import.meta.url)), '../src');

/** Texts in an expression, whatever it depends on which is taken; `…` for what is filled in. */
function textsIn(node: ts.Node): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) {
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  }
  if (ts.isConditionalExpression(node)) {
    return [...textsIn(node.whenTrue), ...textsIn(node.whenFalse)];
  }
  if (ts.isBinaryExpression(node)) return [...textsIn(node.left), ...textsIn(node.right)];
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.flatMap((each) =>
      ts.isPropertyAssignment(each) ? textsIn(each.initializer) : [],
    );
  }
  return [];
}

/** Where functions of a file take a hint: their names and the number of the argument. */
function takers(file: ts.SourceFile): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionDeclaration(node) || ts.isArrowFunction(node)) {
      const at = node.parameters.findIndex(({ name }) => name.getText(file) === 'hint');
      const named = ts.isFunctionDeclaration(node) ? node : node.parent;
      const name = 'name' in named ? (named.name as ts.Node | undefined)?.getText(file) : undefined;
      if (at >= 0 && name !== undefined) found.set(name, at);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function hintsOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const taking = takers(file);
  const hints: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText(file) === 'hint') {
      hints.push(...textsIn(node.initializer));
    } else if (ts.isVariableDeclaration(node) && /^HINTS?$/.test(node.name.getText(file))) {
      if (node.initializer !== undefined) hints.push(...textsIn(node.initializer));
    } else if (ts.isCallExpression(node)) {
      const argument = node.arguments[taking.get(node.expression.getText(file)) ?? -1];
      if (argument !== undefined) hints.push(...textsIn(argument));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return hints;
}

t.test('every hint is a sentence, or begins with a command', async (t) => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const all = files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => hintsOf(join(source, name)).map((hint) => ({ name, hint })));
  t.ok(all.length > 100, `${all.length} hints`);
  const wrong = all.filter(({ hint }) => !/^([A-Z]|`sstash ).*\.$/s.test(hint));
  t.same(wrong, []);
});
