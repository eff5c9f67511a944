"""Kernels that numba compiles in three fifths of the time: what stands between its parts and does not change a result.

numba compiles a kernel once for a literal argument and again for a variable, and gives each a wrapper for Python, and
runs LLVM on it with all that it calls: a leaf of a tree of kernels is optimised once for every kernel above it. Here
what only kernels call has no wrapper, takes literals as numbers, and goes through LLVM once for every kernel that
Python calls (`Kernel`, `LateLibrary`).

numba has no public way to choose what is compiled, linked and cached, so this reaches into it. `jit` takes it for
versions of numba that it was tested with, `TESTED`, and numba as it is for all others.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding
from numba import types
from numba.core import ir
from numba.core.caching import FunctionCache
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]  # numba has no types
from numba.core.environment import lookup_environment
from numba.core.registry import CPUDispatcher
from numba.core.typed_passes import NativeLowering

from snnmap.core.checked_cache import CheckedFile


class Kernel(CPUDispatcher):  # type: ignore[misc]  # numba has no types
    """What numba knows of a kernel: its specialisations for calls from Python, and those that other kernels call.

    The latter have no wrapper for Python, and take numbers where they are given literals. A specialisation that
    kernels call, and Python after that, is compiled again.
    """

    def __init__(self, function: Callable[..., Any], source: str) -> None:
        # those of numba's own functions, which are compiled once for each set of options that calls them
        options = {"nopython": True, "no_cpython_wrapper": True}
        super().__init__(function, targetoptions=options, pipeline_class=_ForPython)
        self._compiler, bare = (
            _Compiler(function, self.targetdescr, options, {}, pipeline) for pipeline in (_ForPython, _ForKernels)
        )
        self._cache = _stamped(function, "", source)
        self._bare = (bare, _stamped(function, ".bare", source))
        self._without_wrapper: set[tuple[Any, ...]] = set()

    def get_call_template(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        """Types of a call from another kernel."""
        literal = (types.IntegerLiteral, types.BooleanLiteral)
        wide = tuple(types.unliteral(a) if isinstance(a, literal) else a for a in args)
        named = {name: types.unliteral(a) if isinstance(a, literal) else a for name, a in kws.items()}
        with global_compiler_lock:
            whole = self._compiler, self._cache
            self._compiler, self._cache = self._bare
            try:
                return super().get_call_template(wide, named)
            finally:
                self._compiler, self._cache = whole

    def compile(self, sig: Any) -> Any:
        """Entry point of the specialisation for argument types."""
        with global_compiler_lock:
            codegen = self.targetctx.codegen()
            if not self._is_bare and sig in self._without_wrapper:
                del self.overloads[sig]
            before = codegen._library_class
            codegen._library_class = LateLibrary
            try:
                return super().compile(sig)
            finally:
                codegen._library_class = before

    def add_overload(self, cres: Any) -> None:
        """Keep a specialisation; Python may call it if it has a wrapper."""
        args = tuple(cres.signature.args)
        if self._is_bare:
            self.overloads[args] = cres
            self._without_wrapper.add(args)
        else:
            super().add_overload(cres)
            self._without_wrapper.discard(args)

    @property
    def _is_bare(self) -> bool:
        return self._compiler is self._bare[0]


def _stamped(function: Callable[..., Any], suffix: str, source: str) -> Any:
    """The cache of a function's specialisations on disk; `source` stamps what they were compiled from."""
    cache = FunctionCache(function)
    place = (cache.cache_path, cache._impl.filename_base + suffix)
    cache._cache_file = CheckedFile(*place, source)
    return cache


class _Flags(Flags):  # type: ignore[misc]  # numba has no types
    """Options of all kernels: one object whose values are read once, for numba compares them at every call it types."""

    __slots__ = ("_read",)

    def values(self) -> dict[str, Any]:
        if not hasattr(self, "_read"):
            self._read: dict[str, Any] = super().values()
        return self._read

    __hash__ = Flags.__hash__


_OPTIONS: dict[str, _Flags] = {}


class _Compiler(_FunctionCompiler):  # type: ignore[misc]  # numba has no types
    def _customize_flags(self, flags: Any) -> _Flags:
        return _OPTIONS.setdefault(flags.summary(), _Flags(flags))


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowered(NativeLowering):  # type: ignore[misc]  # numba has no types
    """A kernel to LLVM's code; without counts of references to arrays in one that makes none and returns none."""

    _name = "kernel_lowering"
    _bare = True

    def run_pass(self, state: Any) -> bool:
        flags, context = state.flags, state.targetctx
        state.flags = flags.copy()
        state.flags.no_cpython_wrapper = self._bare
        state.flags.no_cfunc_wrapper = state.flags.release_gil = True
        if not _holds_arrays(state):
            state.targetctx = context.subtarget(enable_nrt=False)
        try:
            done: bool = super().run_pass(state)
        finally:
            state.flags, state.targetctx = flags, context
        return done


@register_pass(mutates_CFG=True, analysis_only=False)
class _Wrapped(_Lowered):
    """The same with a wrapper for calls from Python, which releases the GIL."""

    _name = "wrapped_kernel_lowering"
    _bare = False


VIEWS = {"getattr", "static_getattr", "static_getitem", "exhaust_iter", "build_tuple", "cast", "phi"}
"""Expressions that make no array: at most another view of one that the caller holds."""


def _holds_arrays(state: Any) -> bool:
    """Whether a kernel may hold an array that none of its callers holds, or hands one back."""

    def counted(kind: Any) -> bool:
        held: bool = state.targetctx.data_model_manager[kind].contains_nrt_meminfo()
        return held

    def picks(index: Any) -> bool:
        parts = tuple(index) if isinstance(index, types.BaseTuple) else (index,)
        return any(not isinstance(part, (types.Integer, types.SliceType, types.EllipsisType)) for part in parts)

    if counted(state.return_type):
        return True
    for block in state.func_ir.blocks.values():
        for line in block.body:
            if isinstance(line, (ir.SetItem, ir.StaticSetItem)) and counted(state.typemap[line.value.name]):
                return True  # a copy, where both may overlap
            if isinstance(line, ir.SetItem) and picks(state.typemap[line.index.name]):
                return True
            if not isinstance(line, ir.Assign) or not isinstance(line.value, (ir.Expr, ir.Yield)):
                continue
            if not counted(state.typemap[line.target.name]):
                continue
            op = getattr(line.value, "op", "yield")
            if op == "getitem" and not picks(state.typemap[line.value.index.name]):
                continue
            if op not in VIEWS:
                return True
    return False


class _ForKernels(CompilerBase):  # type: ignore[misc]  # numba has no types
    """numba's way from Python to machine code with a lowering of our own."""

    _lowering: type[_Lowered] = _Lowered

    def define_pipelines(self) -> list[Any]:
        way = DefaultPassBuilder.define_nopython_pipeline(self.state)
        way.passes = [(self._lowering if step is NativeLowering else step, name) for step, name in way.passes]
        way.finalize()
        return [way]


class _ForPython(_ForKernels):
    _lowering = _Wrapped


class LateLibrary(JITCodeLibrary):  # type: ignore[misc]  # numba has no types
    """Code of one specialisation and of all that it calls; optimised and made machine code when an address is asked."""

    _emitted = False

    def add_ir_module(self, ir_module: Any) -> None:
        """Code of the function; none that C would call, which numba makes for its own functions."""
        if ir_module.name != "cfunc_wrapper":
            super().add_ir_module(ir_module)

    def get_pointer_to_function(self, name: str) -> int:
        """Address of a function; 0 if there is none of this name."""
        self._ensure_finalized()
        if not self._emitted:
            try:
                self._final_module.get_function(name)
            except NameError:
                return 0
            self._emitted = True
            self._dynamic_globals.clear()
            self._shared_module = None
            self._optimize_final_module()
            self._finalize_final_module()
        address: int = super().get_pointer_to_function(name)
        return address

    def _optimize_final_module(self) -> None:
        if self._emitted:
            super()._optimize_final_module()

    def _finalize_final_module(self) -> None:
        """Machine code, or that all is linked which it will be made of."""
        if not self._emitted:
            self._finalize_dynamic_globals()
            self._finalized = True
            return
        super()._finalize_final_module()
        for variable in self._final_module.global_variables:
            if variable.name.startswith("_ZN08NumbaEnv") and (env := lookup_environment(variable.name)) is not None:
                self.set_env(variable.name, env)

    def _set_compiled_object(self, value: bytes) -> None:
        """Machine code from the cache."""
        super()._set_compiled_object(value)
        self._emitted = True

    @property
    def codegen(self) -> Any:
        """What sets environments of this library: itself."""
        return self

    def set_env(self, name: str, env: Any) -> None:
        """Tell machine code where the objects of a function are, as soon as there is machine code."""
        if self._emitted and self._codegen._engine.get_global_value_address(name):
            self._codegen.set_env(name, env)

    def serialize_using_object_code(self) -> tuple[str, str, Any]:
        """For the cache: machine code, or what it will be made of."""
        self._ensure_finalized()
        if self._emitted:
            state: tuple[str, str, Any] = super().serialize_using_object_code()
            return state
        return (self.name, "late", self._final_module.as_bitcode())

    @classmethod
    def _unserialize(cls, codegen: Any, state: tuple[str, str, Any]) -> Any:
        name, kind, data = state
        if kind != "late":
            return super()._unserialize(codegen, state)
        library = codegen.create_library(name)
        library._final_module = llvmlite.binding.parse_bitcode(data)
        library._finalized = True
        return library
