"""NumPy's test modules as they are installed, but with every call, operator and index handed to a function of ours."""

import ast
import operator
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader

# Names by which rewritten text finds what it is handed to.
CALL, OPERATOR = "__replayed_call__", "__replayed_operator__"

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Invert: operator.invert,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
BY_NAME = {f.__name__: f for f in (*OPERATORS.values(), operator.getitem)}
OF_THEIR_FRAME = {"super", "locals", "globals", "vars", "dir", "eval", "exec"}  # which look at where they are called


class Handed(ast.NodeTransformer):
    """``f(x)`` becomes ``CALL(f, x)``, ``a + b`` becomes ``OPERATOR("add", a, b)``, ``a[i]`` likewise."""

    def visit_Call(self, node):
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in OF_THEIR_FRAME:
            return node
        return self.handed(node, CALL, [node.func, *node.args], node.keywords)

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return self.operation(node, node.op, node.left, node.right)

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return self.operation(node, node.op, node.operand)

    def visit_Compare(self, node):
        self.generic_visit(node)
        return self.operation(node, node.ops[0], node.left, *node.comparators) if len(node.ops) == 1 else node

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        index = node.slice
        if isinstance(index, ast.Slice) or (
            isinstance(index, ast.Tuple) and any(isinstance(part, ast.Slice) for part in index.elts)
        ):
            index = self.slices(index)
        return self.handed(node, OPERATOR, [ast.Constant("getitem"), node.value, index])

    def slices(self, index):
        """An index with ``a:b:c`` written as ``slice(a, b, c)``, as outside of brackets."""
        if isinstance(index, ast.Tuple):
            return ast.Tuple([self.slices(part) for part in index.elts], ast.Load())
        if not isinstance(index, ast.Slice):
            return index
        bounds = [part or ast.Constant(None) for part in (index.lower, index.upper, index.step)]
        return ast.Call(ast.Name("slice", ast.Load()), bounds, [])

    def operation(self, node, op, *operands):
        function = OPERATORS.get(type(op))
        return self.handed(node, OPERATOR, [ast.Constant(function.__name__), *operands]) if function else node

    def handed(self, node, to, args, keywords=()):
        return ast.copy_location(ast.Call(ast.Name(to, ast.Load()), args, list(keywords)), node)


class Loader(SourceFileLoader):
    """Loads a module with its text rewritten, past any compiled file of it."""

    def __init__(self, fullname, path, handlers):
        super().__init__(fullname, path)
        self.handlers = handlers

    def path_stats(self, path):
        raise OSError  # which says that nothing compiled is to be read or written

    def source_to_code(self, data, path, *, _optimization=-1):
        tree = ast.fix_missing_locations(Handed().visit(ast.parse(data)))
        return compile(tree, path, "exec", dont_inherit=True, optimize=_optimization)

    def exec_module(self, module):
        vars(module).update(self.handlers)
        super().exec_module(module)


class Finder(MetaPathFinder):
    """Finds the modules that are to be rewritten, before anything else finds them."""

    def __init__(self, names, call, operate):
        # Those in folders that are no packages are imported by the last part of their name.
        self.names = {*names, *(name.rpartition(".")[2] for name in names)}
        self.handlers = {CALL: call, OPERATOR: lambda name, *operands: operate(BY_NAME[name], *operands)}

    def find_spec(self, fullname, path, target=None):
        if fullname not in self.names:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        spec.loader = Loader(fullname, spec.origin, self.handlers)
        return spec
